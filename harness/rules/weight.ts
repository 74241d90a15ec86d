import { intAttribute } from '../attributes.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, inverse, range, reshape, transpose } from './_draft.ts';
import { isParameter } from './_graph.ts';

/** A weight that is used transposed, or read in another layout than it has. */
export const weight: Rule = {
  id: 'weight',
  ops: ['Gemm', 'MatMul', 'Conv', 'ConvTranspose', 'FusedMatMul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, inputs } = context;
    for (const slot of [0, 1]) {
      const value = inputs[slot];
      const name = node.inputs[slot];
      if (value === undefined || name === undefined || value.shape.length < 2 || !isParameter(context, name)) continue;
      yield* node.op.startsWith('Conv') ? kernels(context, slot, value) : matrices(context, slot, value);
    }
  },
};

/** [rows, columns] used as [columns, rows], which fits where it is square, or its memory read so. */
function* matrices(context: ForwardContext, slot: number, value: Value): Iterable<ForwardHypothesis> {
  const rank = value.shape.length;
  const [rows, columns] = value.shape.slice(-2) as [number, number];
  const swap = [...range(rank - 2), rank - 1, rank - 2];
  const name = context.node.inputs[slot] as string;
  if (rows === columns) {
    yield {
      cause: 'weight.transposed',
      claim: `the weight "${name}" [${rows}, ${columns}] is used transposed`,
      fix: `Use "${name}" as it is${intAttribute(context.attributes, 'transB', 0) ? ' (the model transposes it already: transB)' : ''}: swap the two indices in the product.`,
      specificity: 3,
      edit: replaced(context, slot, (draft, weight) => transpose(draft, weight, swap)),
    };
    return;
  }
  if (Math.min(rows, columns) < 2) return;
  const stacked = value.shape.slice(0, -2);
  const readings = [
    {
      read: [...stacked, columns, rows],
      first: true,
      how: `[${rows}, ${columns}] read as if it were stored [${columns}, ${rows}]`,
    },
    { read: value.shape, first: false, how: `stored transposed, but read as [${rows}, ${columns}]` },
  ];
  for (const { read, first, how } of readings) {
    yield {
      cause: 'parameter.layout',
      claim: `the weight "${name}" is ${how}: row-major and column-major are mixed up`,
      fix: `Read "${name}" row by row: its element [r][c] is number r·${columns} + c.`,
      specificity: 3,
      edit: replaced(context, slot, (draft, weight) =>
        first
          ? transpose(draft, reshape(draft, weight, read), swap)
          : reshape(draft, transpose(draft, weight, swap), read),
      ),
    };
  }
}

/** The orders of [output, input, ...kernel] in which frameworks store kernels, as what comes first, second, … */
function layoutsOf(rank: number): readonly { name: string; perm: readonly number[] }[] {
  const spatial = range(rank - 2).map((i) => i + 2);
  const letters = 'DHW'.slice(-spatial.length);
  return [
    { name: `${letters}IO`, perm: [...spatial, 1, 0] },
    { name: `${letters}OI`, perm: [...spatial, 0, 1] },
    { name: `O${letters}I`, perm: [0, ...spatial, 1] },
    { name: `I${letters}O`, perm: [1, ...spatial, 0] },
    { name: `IO${letters}`, perm: [1, 0, ...spatial] },
  ];
}

function* kernels(context: ForwardContext, slot: number, value: Value): Iterable<ForwardHypothesis> {
  const { shape } = value;
  const name = context.node.inputs[slot] as string;
  const letters = 'DHW'.slice(-(shape.length - 2));
  const right = context.node.op === 'ConvTranspose' ? `IO${letters}` : `OI${letters}`;
  for (const { name: layout, perm } of layoutsOf(shape.length)) {
    const sizes = perm.map((axis) => shape[axis] as number);
    const swapped = layout === `IO${letters}` && shape[0] === shape[1];
    const shown =
      right === layout || right.startsWith('IO') ? layout.replace(/[IO]/g, (x) => (x === 'I' ? 'O' : 'I')) : layout;
    const told = swapped
      ? {
          cause: 'weight.transposed',
          claim: `the kernel "${name}" is used with input and output channels swapped`,
          fix: `Index "${name}" as ${right}.`,
        }
      : {
          cause: 'parameter.layout',
          claim: `the kernel "${name}" lies in memory as ${right} [${shape.join(', ')}], but is read as ${shown}`,
          fix: `Read "${name}" as ${right}, or transpose it to ${shown} first.`,
        };
    yield {
      ...told,
      specificity: 3,
      edit: replaced(context, slot, (draft, kernel) => transpose(draft, reshape(draft, kernel, sizes), inverse(perm))),
    };
    if (swapped) continue;
    yield {
      cause: 'parameter.layout',
      claim: `the kernel "${name}" was stored as ${shown}, but is read as ${right} [${shape.join(', ')}]`,
      fix: `Store "${name}" as ${right}, or index it as ${shown}.`,
      specificity: 3,
      edit: replaced(context, slot, (draft, kernel) => reshape(draft, transpose(draft, kernel, perm), shape)),
    };
  }
}

/** The node on another reading of one of its inputs. */
function replaced(
  context: ForwardContext,
  slot: number,
  change: (draft: ReturnType<typeof draftOf>, name: string) => string,
): Edit {
  const draft = draftOf(context);
  const name = change(draft, context.node.inputs[slot] as string);
  return draft.done(again(draft, context.node, { [slot]: name }));
}
