import { intAttribute } from '../attributes.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, otherOrders, pick, range } from './_draft.ts';
import { slidOtherwise, type Window, windowOf } from './_window.ts';

const ALTERNATIVES = [1, 2, 3, 4];

/** A convolution that slides otherwise: another stride or dilation, or groups that read another slice. */
export const convWindow: Rule = {
  id: 'conv-window',
  ops: ['Conv', 'ConvTranspose'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const window = context.node.op === 'Conv' ? windowOf(context) : null;
    if (window !== null) {
      yield* spaced(context, window, 'strides');
      yield* spaced(context, window, 'dilations');
    }
    yield* groups(context);
  },
};

/** Another stride or dilation on all axes or on one, with the padding as it is or with what keeps the window centred. */
function* spaced(context: ForwardContext, window: Window, what: 'strides' | 'dilations'): Iterable<ForwardHypothesis> {
  const right = window[what];
  const word = what === 'strides' ? 'stride' : 'dilation';
  for (const wrong of otherSpacings(right)) {
    const changed = { ...window, [what]: wrong };
    for (const begin of startsOf(window, changed)) {
      const draft = draftOf(context);
      const ignored = wrong.every((x) => x === 1) ? `, that is, the ${word} is ignored` : '';
      yield {
        cause: `conv.${word}`,
        claim: `the ${word} is ${wrong.join('×')}, the model says ${right.join('×')}${ignored}`,
        fix: `Use ${word} ${right.join('×')}.`,
        specificity: 3,
        edit: draft.done(slidOtherwise(draft, context, { ...changed, begin })),
      };
    }
  }
}

function otherSpacings(right: readonly number[]): number[][] {
  const found = new Map<string, number[]>();
  const add = (spacing: number[]): void => {
    if (spacing.some((x, a) => x !== right[a])) found.set(spacing.join(), spacing);
  };
  for (const x of new Set([...ALTERNATIVES, ...right.flatMap((r) => [r + 1, Math.max(1, r - 1)])])) {
    add(right.map(() => x));
    right.forEach((_, axis) => add(right.map((r, a) => (a === axis ? x : r))));
  }
  add([...right].reverse());
  return [...found.values()];
}

/** Where the first window may begin: as the model says, or so that the changed window is padded alike on both sides. */
function startsOf(window: Window, changed: Window): number[][] {
  const extra = changed.kernel.map(
    (k, a) => (k - 1) * ((window.dilations[a] as number) - (changed.dilations[a] as number)),
  );
  const centred = window.begin.map((b, a) => b - Math.floor((extra[a] as number) / 2));
  const starts = [[...window.begin]];
  if (centred.every((b) => b >= 0) && centred.some((b, a) => b !== window.begin[a])) starts.push(centred);
  return starts;
}

/** Groups that all read the first slice, or one another's. */
function* groups(context: ForwardContext): Iterable<ForwardHypothesis> {
  const group = intAttribute(context.attributes, 'group', 1);
  const channels = context.inputs[0]?.shape[1] ?? 0;
  const [first = 0, second = 0] = context.inputs[1]?.shape ?? [];
  // ConvTranspose has its weight by inputs, and the outputs of one group.
  const features = context.node.op === 'Conv' ? first : second * group;
  if (group < 2) return;
  const told = { cause: 'conv.groups', specificity: 3 as const };
  for (const { how, order } of readings(channels, group)) {
    yield {
      ...told,
      claim: `${how} (${group} groups of ${channels / group} input channels)`,
      fix: `Let group g read the input channels g·${channels / group} … (g + 1)·${channels / group} − 1.`,
      edit: onChannels(context, order),
    };
  }
  const perGroup = features / group;
  if (perGroup < 2) return;
  const turned = range(features).map((i) => (i % perGroup) * group + Math.floor(i / perGroup));
  for (const order of [turned, turned.map((_, i) => turned.indexOf(i))]) {
    const draft = draftOf(context);
    yield {
      ...told,
      claim: `the output channels are in another order: feature f of group g lies at f·${group} + g, it belongs at g·${perGroup} + f`,
      fix: `Write feature f of group g to output channel g·${perGroup} + f.`,
      edit: draft.done(pick(draft, again(draft, context.node, {}), 1, order)),
    };
  }
}

/** For each input channel that a group should read, the one that it reads. */
function readings(channels: number, group: number): { how: string; order: number[] }[] {
  const size = channels / group;
  const at = (i: number) => ({ g: Math.floor(i / size), c: i % size });
  const make = (how: string, from: (g: number, c: number) => number) => ({
    how,
    order: range(channels).map((i) => from(at(i).g, at(i).c)),
  });
  const found = [
    make('every group reads the first slice of the input', (_, c) => c),
    make('each group reads the slice of the next', (g, c) => ((g + 1) % group) * size + c),
    make('each group reads the slice of the one before', (g, c) => ((g + group - 1) % group) * size + c),
    make('the groups read the slices in reverse order', (g, c) => (group - 1 - g) * size + c),
    make('the groups interleave: group g reads every channel c with c mod groups = g', (g, c) => c * group + g),
    make('the slices overlap: group g begins at channel g', (g, c) => Math.min(g + c, channels - 1)),
  ];
  const more =
    group <= 4 && group > 2
      ? otherOrders(group).map((order) =>
          make(
            `the groups read the slices in the order ${order.join(', ')}`,
            (g, c) => (order[g] as number) * size + c,
          ),
        )
      : [];
  const all = new Map([...more, ...found].map((reading) => [reading.order.join(), reading]));
  all.delete(range(channels).join());
  return [...all.values()];
}

function onChannels(context: ForwardContext, order: readonly number[]): Edit {
  const draft = draftOf(context);
  const input = pick(draft, context.node.inputs[0] as string, 1, order);
  return draft.done(again(draft, context.node, { 0: input }));
}
