import { intsAttribute } from '../attributes.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, ints, range, string } from './_draft.ts';

const MODES = ['constant', 'edge', 'reflect', 'wrap'] as const;

/** A Pad node of its own: another mode, or the amounts before and after swapped or on one side. */
export const pad: Rule = {
  id: 'pad',
  ops: ['Pad'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { attributes, inputs } = context;
    const right = attributes.mode?.kind === 'string' ? attributes.mode.value : 'constant';
    for (const mode of MODES) {
      if (mode === right) continue;
      yield {
        cause: 'conv.padding-mode',
        claim: `the padding is ${mode === 'constant' ? 'a constant' : `of mode ${mode}`}, the model says ${right}`,
        fix: `Pad in mode ${right}.`,
        specificity: 3,
        edit: context.same({ attributes: { mode: string(mode) } }),
      };
    }
    const pads = inputs[1] === undefined ? intsAttribute(attributes, 'pads', undefined) : [...inputs[1].data];
    if (pads === undefined) return;
    const half = pads.length / 2;
    const [before, after] = [pads.slice(0, half), pads.slice(half)];
    const sum = before.map((x, a) => x + (after[a] as number));
    const others = new Map(
      [
        [...after, ...before],
        [...sum, ...sum.map(() => 0)],
        [...sum.map(() => 0), ...sum],
        ...before.flatMap((_, axis) =>
          range((sum[axis] as number) + 1).map((b) => [
            ...before.map((x, a) => (a === axis ? b : x)),
            ...after.map((x, a) => (a === axis ? (sum[axis] as number) - b : x)),
          ]),
        ),
      ].map((amounts) => [amounts.join(), amounts]),
    );
    others.delete(pads.join());
    for (const amounts of others.values()) {
      yield {
        cause: 'conv.padding',
        claim: `padded ${amounts.join(', ')} (all before, then all after), the model says ${pads.join(', ')}`,
        fix: `Pad ${pads.join(', ')}.`,
        specificity: 3,
        edit: amountsOf(context, amounts),
      };
    }
  },
};

function amountsOf(context: ForwardContext, amounts: readonly number[]): Edit {
  if (context.inputs[1] === undefined) return context.same({ attributes: { pads: ints(amounts) } });
  const draft = draftOf(context);
  const pads = draft.constant('int64', [amounts.length], amounts);
  return draft.done(again(draft, context.node, { 1: pads }));
}
