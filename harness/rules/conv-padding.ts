import { intsAttribute } from '../attributes.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { draftOf, ints, pick, range, string } from './_draft.ts';
import { endNeeded, slidOtherwise, type Window, windowOf } from './_window.ts';

/** Padding of a convolution: other amounts for an output of the same size, or filled with something else than zero. */
export const convPadding: Rule = {
  id: 'conv-padding',
  ops: ['Conv', 'ConvTranspose'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    if (context.node.op === 'ConvTranspose') {
      yield* crops(context);
      return;
    }
    const window = windowOf(context);
    if (window === null) return;
    for (const begin of otherStarts(window)) {
      const end = endNeeded(window, begin).map((x) => Math.max(0, x));
      const draft = draftOf(context);
      yield {
        cause: 'conv.padding',
        claim: `padded ${begin.join('×')} before and ${end.join('×')} after${named(window, begin, end)}; the model says ${window.begin.join('×')} before and ${window.end.join('×')} after`,
        fix: `Pad ${window.begin.join('×')} before (top, left) and ${window.end.join('×')} after.`,
        specificity: 3,
        edit: draft.done(slidOtherwise(draft, context, { ...window, begin })),
      };
    }
    yield* modes(context, window);
  },
};

function named(window: Window, begin: readonly number[], end: readonly number[]): string {
  if (begin.every((x) => x === 0)) return ' (all the padding on one side)';
  if (end.every((x) => x === 0)) return ' (all the padding on one side)';
  const total = begin.map((x, a) => x + (end[a] as number));
  if (begin.every((x, a) => x === Math.floor((total[a] as number) / 2)) && begin.some((x, a) => x !== end[a]))
    return ' (as SAME_UPPER)';
  if (begin.every((x, a) => x === Math.ceil((total[a] as number) / 2)) && begin.some((x, a) => x !== end[a]))
    return ' (as SAME_LOWER)';
  return window.begin.every((x, a) => x === end[a]) ? ' (before and after swapped)' : '';
}

/** Every other begin on one axis, and the same shift on all: what an output of the same size leaves open. */
function otherStarts({ input, kernel, dilations, begin, end }: Window): number[][] {
  const found = new Map<string, number[]>();
  const most = input.map((_, a) =>
    Math.max((begin[a] as number) + (end[a] as number), (dilations[a] as number) * ((kernel[a] as number) - 1)),
  );
  const add = (start: number[]): void => {
    if (start.some((x, a) => x !== begin[a]) && start.every((x, a) => x >= 0 && x <= (most[a] as number)))
      found.set(start.join(), start);
  };
  add(begin.map(() => 0));
  add([...end]);
  add(begin.map((x, a) => x + (end[a] as number)));
  for (let shift = -Math.max(...begin); shift <= Math.max(...most); shift++) {
    add(begin.map((x) => x + shift));
    begin.forEach((_, axis) => add(begin.map((x, a) => (a === axis ? x + shift : x))));
  }
  add([...begin].reverse());
  return [...found.values()];
}

/** Another crop of a transposed convolution: the same size, taken from another place of the whole. */
function* crops(context: ForwardContext): Iterable<ForwardHypothesis> {
  const [x, w] = context.inputs;
  const output = context.outputs[0]?.shape.slice(2) ?? [];
  if (x === undefined || w === undefined || output.length === 0) return;
  const ones = output.map(() => 1);
  const strides = intsAttribute(context.attributes, 'strides', ones);
  const dilations = intsAttribute(context.attributes, 'dilations', ones);
  const full = output.map(
    (_, a) =>
      (strides[a] as number) * ((x.shape[a + 2] as number) - 1) +
      (dilations[a] as number) * ((w.shape[a + 2] as number) - 1) +
      1,
  );
  const most = Math.max(...full.map((size, a) => Math.abs(size - (output[a] as number)) + 1));
  for (let begin = 0; begin <= most; begin++) {
    yield {
      cause: 'conv.padding',
      claim: `the output is cut out of the whole ${full.join('×')} from place ${begin} on each axis`,
      fix: `Cut ${intsAttribute(
        context.attributes,
        'pads',
        ones.map(() => 0),
      )
        .slice(0, output.length)
        .join('×')} places off the beginning, and put output_padding at the end.`,
      specificity: 3,
      edit: cropped(context, full, output, begin),
    };
  }
}

function cropped(context: ForwardContext, full: readonly number[], output: readonly number[], begin: number): Edit {
  const draft = draftOf(context);
  const strides = intsAttribute(
    context.attributes,
    'strides',
    output.map(() => 1),
  );
  // output_padding has to be smaller than the stride: what is missing beyond it cannot be made so.
  const extra = full.map((size, a) =>
    Math.min(Math.max(0, begin + (output[a] as number) - size), Math.max(0, (strides[a] as number) - 1)),
  );
  const { auto_pad: _, output_shape: __, pads: ___, ...kept } = context.attributes;
  const attributes = { ...kept, output_padding: ints(extra) };
  let made = draft.node(context.node.op, context.node.inputs, attributes, context.node.domain);
  output.forEach((size, a) => {
    made = pick(
      draft,
      made,
      a + 2,
      range(size).map((i) => i + begin),
    );
  });
  return draft.done(made);
}

const MODES = ['edge', 'reflect', 'wrap'] as const;

/** Padding that repeats, reflects or wraps the image instead of adding zeros. */
function* modes(context: ForwardContext, window: Window): Iterable<ForwardHypothesis> {
  if ([...window.begin, ...window.end].every((x) => x === 0)) return;
  for (const mode of MODES) {
    const draft = draftOf(context);
    const pads = [0, 0, ...window.begin, 0, 0, ...window.end];
    const x = context.node.inputs[0] as string;
    const padded =
      context.opset >= 11
        ? draft.node('Pad', [x, draft.constant('int64', [pads.length], pads)], { mode: string(mode) })
        : draft.node('Pad', [x], { mode: string(mode), pads: ints(pads) });
    const { auto_pad: _, ...kept } = context.attributes;
    const attributes = { ...kept, pads: ints([...window.begin, ...window.end].map(() => 0)) };
    const inputs = [padded, ...context.node.inputs.slice(1)];
    yield {
      cause: 'conv.padding-mode',
      claim: `the padding ${mode === 'edge' ? 'repeats the edge' : mode === 'reflect' ? 'reflects the image' : 'wraps round'}, the model pads with zeros`,
      fix: 'Pad with zeros.',
      specificity: 3,
      edit: draft.done(draft.node(context.node.op, inputs, attributes, context.node.domain)),
    };
  }
}
