import type { Attribute } from '../types/graph.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { range } from './_draft.ts';
import { type Patch, patch } from './_patch.ts';
import { again, firstWrongStep, RECURRENT, type Recurrent, recurrentOf, withOutputs } from './_recurrent.ts';

/** A reverse direction that is not turned back, that runs forward, or that is swapped with the other. */
export const recurrentDirection: Rule = {
  id: 'recurrent-direction',
  ops: RECURRENT,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = recurrentOf(context);
    if (found === null) return;
    const told = {
      cause: 'recurrent.direction',
      specificity: 3 as const,
      evidence: firstWrongStep(context, found),
    };
    if (found.directions === 1) {
      yield* ofOne(context, found, told);
      return;
    }
    const fix = 'Write the reverse direction’s output for step t at place t.';
    const p = patch(context);
    const [y, ...rest] = again(p, context, {});
    const turned = p.edit(turnedBack(p, y as string, found), others(rest));
    yield { ...told, claim: 'the output of the reverse direction is not turned back in time', fix, edit: turned };
    const q = patch(context);
    const swapped = again(q, context, {}).map((name, i) =>
      q.take(name, [1, 0], i > 0 ? (found.batchFirst ? 1 : 0) : found.batchFirst ? 2 : 1),
    );
    const order = 'Put the forward direction first, the reverse direction second.';
    yield { ...told, claim: 'the two directions are swapped', fix: order, edit: withOutputs(q, swapped) };
    const edit = bothForward(context, found);
    if (edit === null) return;
    yield {
      ...told,
      claim: 'both directions run forward',
      fix: 'Let the second direction start at the last step.',
      edit,
    };
  },
};

type Told = Pick<ForwardHypothesis, 'cause' | 'specificity' | 'evidence'>;

const others = (names: readonly string[]): Record<number, string> =>
  Object.fromEntries(names.map((name, i) => [i + 1, name]));

function* ofOne(context: ForwardContext, found: Recurrent, told: Told): Iterable<ForwardHypothesis> {
  const reverse = found.direction === 'reverse';
  const other: Attribute = { kind: 'string', value: reverse ? 'forward' : 'reverse' };
  const p = patch(context);
  const run = again(p, context, {}, { ...context.attributes, direction: other });
  yield {
    ...told,
    claim: `it runs ${reverse ? 'forward' : 'in reverse'}, the model says ${found.direction}`,
    fix: `Start at the ${reverse ? 'last' : 'first'} step.`,
    edit: withOutputs(p, run),
  };
  for (const backwards of reverse ? [false] : [true]) {
    const q = patch(context);
    const attributes = backwards ? { ...context.attributes, direction: other } : context.attributes;
    const [y, ...rest] = again(q, context, {}, attributes);
    yield {
      ...told,
      claim: backwards
        ? 'it runs in reverse, and its output is not turned back in time'
        : 'its output is not turned back in time',
      fix: 'Write the output for step t at place t.',
      edit: q.edit(q.take(y as string, range(found.steps).reverse(), found.batchFirst ? 1 : 0), others(rest)),
    };
  }
}

/** Y with its second direction in the order in which it was computed. */
function turnedBack(p: Patch, y: string, { steps, batchFirst }: Recurrent): string {
  const [time, direction] = batchFirst ? [1, 2] : [0, 1];
  const second = p.take(p.take(y, [1], direction), range(steps).reverse(), time);
  return p.emit('Concat', [p.take(y, [0], direction), second], { axis: { kind: 'int', value: direction } });
}

/** Both sets of parameters, one after the other, on the steps in their own order. */
function bothForward(context: ForwardContext, found: Recurrent): Edit | null {
  const { node, inputs, attributes } = context;
  if (!found.plain || found.batchFirst || attributes.activations !== undefined) return null;
  const p = patch(context);
  const runs = [0, 1].map((d) => {
    const own = node.inputs.map((name, slot) =>
      slot === 0 || slot === 4 || inputs[slot] === undefined ? name : p.take(name, [d], 0),
    );
    const one = { ...attributes, direction: { kind: 'string', value: 'forward' } as const };
    return p.emitMany(node.op, own, Math.max(1, node.outputs.length), one);
  });
  const joined = node.outputs.map((_, i) =>
    p.emit(
      'Concat',
      runs.map((names) => names[i] as string),
      { axis: { kind: 'int', value: i === 0 ? 1 : 0 } },
    ),
  );
  return withOutputs(p, joined);
}
