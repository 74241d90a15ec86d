import { intAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, int, ints, pick, range, scalarLike, string } from './_draft.ts';
import { endNeeded, slidOtherwise, type Window, windowOf } from './_window.ts';

/** The operator that pools in another way over the same window. */
const OTHER: Readonly<Record<string, { op: string; claim: string }>> = {
  MaxPool: { op: 'AveragePool', claim: 'the average of each window is taken, the model says the maximum' },
  AveragePool: { op: 'MaxPool', claim: 'the maximum of each window is taken, the model says the average' },
  GlobalMaxPool: { op: 'GlobalAveragePool', claim: 'the average is taken, the model says the maximum' },
  GlobalAveragePool: { op: 'GlobalMaxPool', claim: 'the maximum is taken, the model says the average' },
};

/** Pooling: average and maximum mixed up, padding that takes part, a window beside its place, a sum that is not divided. */
export const pool: Rule = {
  id: 'pool',
  ops: Object.keys(OTHER),
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const window = windowOf(context);
    yield* kinds(context, window);
    if (context.node.op === 'AveragePool') yield* counts(context);
    if (context.node.op === 'MaxPool' && window !== null && [...window.begin, ...window.end].some((x) => x > 0)) {
      yield {
        cause: 'pool.padding-value',
        claim: 'the padding takes part in the maximum as 0',
        fix: 'Leave padding out of the maximum, or pad with the lowest number.',
        specificity: 3,
        edit: zeroPadded(context, window),
      };
    }
    if (window !== null) yield* shifted(context, window);
    yield* undivided(context, window);
  },
};

/** A pooling node with other attributes or another operator, and its first output only: the places of the maxima are not read on. */
function pooled(context: ForwardContext, op: string, attributes: GraphNode['attributes']): Edit {
  const draft = draftOf(context);
  const { storage_order: _, ...kept } = attributes;
  return draft.done(draft.node(op, [context.node.inputs[0] as string], kept));
}

function* kinds(context: ForwardContext, window: Window | null): Iterable<ForwardHypothesis> {
  const { node, attributes } = context;
  const other = OTHER[node.op] as { op: string; claim: string };
  const told = { cause: 'pool.kind', claim: other.claim, fix: `Pool as ${node.op} says.`, specificity: 3 as const };
  const { count_include_pad: _, ...kept } = attributes;
  yield { ...told, edit: pooled(context, other.op, kept) };
  if (node.op !== 'MaxPool' || window === null || [...window.begin, ...window.end].every((x) => x === 0)) return;
  yield {
    ...told,
    claim: `${other.claim} (and counts its padding)`,
    edit: pooled(context, other.op, { ...kept, count_include_pad: int(1) }),
  };
}

function* counts(context: ForwardContext): Iterable<ForwardHypothesis> {
  const counted = intAttribute(context.attributes, 'count_include_pad', 0) !== 0;
  yield {
    cause: 'pool.count-include-pad',
    claim: counted
      ? 'the average is over the elements inside the image alone, the model counts padding too'
      : 'the average counts the padding, the model divides by the elements inside the image',
    fix: counted ? 'Divide by the size of the window.' : 'Divide by the number of elements that are no padding.',
    specificity: 3,
    edit: context.same({ attributes: { count_include_pad: int(counted ? 0 : 1) } }),
  };
}

function zeroPadded(context: ForwardContext, window: Window): Edit {
  const draft = draftOf(context);
  const x = context.node.inputs[0] as string;
  const end = endNeeded(window, window.begin).map((e, a) => Math.max(e, window.end[a] as number, 0));
  const pads = [0, 0, ...window.begin, 0, 0, ...end];
  const padded =
    context.opset >= 11
      ? draft.node('Pad', [x, draft.constant('int64', [pads.length], pads)], { mode: string('constant') })
      : draft.node('Pad', [x], { mode: string('constant'), pads: ints(pads) });
  const { auto_pad: _, storage_order: __, ceil_mode: ___, ...kept } = context.attributes;
  const attributes = { ...kept, pads: ints([...window.begin, ...end].map(() => 0)) };
  let made = draft.node('MaxPool', [padded], attributes);
  window.output.forEach((size, a) => {
    made = pick(draft, made, a + 2, range(size));
  });
  return draft.done(made);
}

/** Windows that begin one place (or, where there is padding, up to all of it) earlier or later. */
function* shifted(context: ForwardContext, window: Window): Iterable<ForwardHypothesis> {
  const told = { cause: 'pool.window-shifted', specificity: 3 as const };
  const start = window.begin.join('×');
  for (const begin of startsBeside(window)) {
    const draft = draftOf(context);
    yield {
      ...told,
      claim: `the windows begin ${begin.join('×')} before the image, the model says ${start}`,
      fix: `Begin the first window ${start} before the image.`,
      edit: draft.done(slidOtherwise(draft, firstOnly(context), { ...window, begin })),
    };
  }
  for (const axes of [range(window.input.length), ...range(window.input.length).map((a) => [a])]) {
    const draft = draftOf(context);
    let x = context.node.inputs[0] as string;
    for (const a of axes) {
      const size = window.input[a] as number;
      x = pick(
        draft,
        x,
        a + 2,
        range(size).map((i) => Math.min(i + 1, size - 1)),
      );
    }
    yield {
      ...told,
      claim: `the windows begin one place late along ${axes.length === 1 ? `axis ${(axes[0] as number) + 2}` : 'every spatial axis'}`,
      fix: 'Begin each window at output index × stride − padding.',
      edit: draft.done(again(draft, firstOnly(context).node, { 0: x })),
    };
  }
}

function startsBeside({ begin, end, kernel, dilations }: Window): number[][] {
  const found = new Map<string, number[]>();
  const add = (start: number[]): void => {
    const fits = start.every((b, a) => b >= 0 && b < (dilations[a] as number) * ((kernel[a] as number) - 1) + 1);
    if (fits && start.some((b, a) => b !== begin[a])) found.set(start.join(), start);
  };
  for (const shift of [-1, 1]) {
    add(begin.map((b) => b + shift));
    begin.forEach((_, axis) => add(begin.map((b, a) => (a === axis ? b + shift : b))));
  }
  add([...end]);
  add(begin.map(() => 0));
  add(begin.map((b, a) => b + (end[a] as number)));
  return [...found.values()];
}

/** The same node with one output. */
function firstOnly(context: ForwardContext): ForwardContext {
  const { storage_order: _, ...attributes } = context.attributes;
  const { ceil_mode: __, ...floored } = attributes;
  const node = { ...context.node, outputs: context.node.outputs.slice(0, 1), attributes: floored };
  return { ...context, node, attributes: floored };
}

/** A sum where the mean is meant. */
function* undivided(context: ForwardContext, window: Window | null): Iterable<ForwardHypothesis> {
  const [x] = context.inputs;
  if (x === undefined || !context.node.op.endsWith('AveragePool')) return;
  const size = sizeOf(window === null ? x.shape.slice(2) : window.kernel);
  if (size < 2) return;
  const draft = draftOf(context);
  const mean = again(draft, context.node, {});
  yield {
    cause: 'scale.constant',
    claim: `the sum of each window is given, not its mean: ${size} times too large`,
    fix: `Divide by the ${size} elements of the window.`,
    specificity: 3,
    edit: draft.done(draft.node('Mul', [mean, scalarLike(draft, x, size)])),
  };
}
