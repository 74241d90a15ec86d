import { intAttribute } from '../attributes.ts';
import { axisOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf } from './_draft.ts';
import { isParameter } from './_graph.ts';

/** Rows of a table that are looked up one beside the right one. */
export const embedding: Rule = {
  id: 'embedding',
  ops: ['Gather', 'GatherND', 'GatherElements'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs } = context;
    const [table, indices] = inputs;
    if (table === undefined || indices === undefined) return;
    const fixed = isParameter(context, node.inputs[1] as string);
    const isTable = isParameter(context, node.inputs[0] as string);
    if (fixed && !isTable) return;
    const axis = axisOf(intAttribute(context.attributes, 'axis', 0), table.shape.length);
    const size = table.shape[axis] ?? 0;
    const cause = !isTable ? 'index.shifted' : fixed ? 'position.offset' : 'embedding.index-shifted';
    for (const { places, how } of variants(indices, size)) {
      yield {
        cause,
        claim: `the ${fixed ? 'positions' : 'indices'} are ${how}`,
        fix: `Look up row i for index i of "${node.inputs[1]}", without an offset.`,
        specificity: 3,
        edit: lookedUp(context, indices, places),
      };
    }
    if (isTable) yield* otherLayout(context, table);
  },
};

/** The table's memory read as if it were stored with rows and columns exchanged. */
function* otherLayout(context: ForwardContext, table: Value): Iterable<ForwardHypothesis> {
  const [rows = 1, columns = 1] = table.shape;
  if (table.shape.length !== 2 || rows === 1 || columns === 1) return;
  const draft = draftOf(context);
  const data = table.data.map((_, i) => table.data[(i % columns) * rows + Math.floor(i / columns)] as number);
  const name = draft.constant(table.dtype, table.shape, data);
  yield {
    cause: 'parameter.layout',
    claim: `the table "${context.node.inputs[0]}" is read as if it were stored ${columns} × ${rows}, transposed`,
    fix: `Row i starts at element i · ${columns}.`,
    specificity: 3,
    edit: draft.done(again(draft, context.node, { 0: name })),
  };
}

function variants(indices: Value, size: number): { places: Float64Array; how: string }[] {
  const wrapped = (x: number): number => ((x % size) + size) % size;
  return [1, -1].flatMap((by) => {
    const how = `off by one (${by > 0 ? '+1' : '−1'})`;
    return [
      { places: indices.data.map((i) => Math.min(size - 1, Math.max(0, wrapped(i) + by))), how },
      { places: indices.data.map((i) => wrapped(i + by)), how: `${how}, wrapping round` },
    ];
  });
}

function lookedUp(context: ForwardContext, indices: Value, places: Float64Array): Edit {
  const draft = draftOf(context);
  const name = draft.constant('int64', indices.shape, places);
  return draft.done(again(draft, context.node, { 1: name }));
}
