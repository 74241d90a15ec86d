import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type Patch, patch } from './_patch.ts';
import {
  again,
  B,
  C0,
  firstWrongStep,
  H0,
  perGate,
  R,
  RECURRENT,
  type Recurrent,
  recurrentOf,
  withOutputs,
  X,
} from './_recurrent.ts';

/** A state that does not go on from step to step, or does not start from what is given. */
export const recurrentState: Rule = {
  id: 'recurrent-state',
  ops: RECURRENT,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = recurrentOf(context);
    if (found === null) return;
    const told = {
      cause: 'recurrent.state-not-carried',
      specificity: 3 as const,
      evidence: firstWrongStep(context, found),
    };
    const fix = 'Start each step from the state of the step before.';
    for (const [start, how] of STARTS) {
      const edit = found.full && !found.batchFirst && found.steps > 1 ? stepByStep(context, found, start) : null;
      if (edit === null) continue;
      const claim = `every step ${how}`;
      yield { ...told, claim, fix, edit };
    }
    const p = patch(context);
    const none = p.emit('Mul', [context.node.inputs[R] as string, p.scalar(0)]);
    const claim =
      found.op === 'LSTM' ? 'h is not carried on (only the cell state is)' : 'the recurrent product is left out';
    yield { ...told, claim, fix, edit: withOutputs(p, again(p, context, { [R]: none })) };
    if (found.op === 'LSTM')
      yield { ...told, claim: 'the cell state is not carried on', fix, edit: forgetful(context, found) };
    yield* withoutStart(context, told);
  },
};

/** Which steps get the state that the network is given; all others start from zeros. */
const STARTS = [
  ['every', 'starts from the initial state'],
  ['first', 'after the first starts from zeros'],
  ['none', 'starts from zeros'],
] as const;

type Common = Pick<ForwardHypothesis, 'cause' | 'specificity' | 'evidence'>;

function* withoutStart(context: ForwardContext, told: Common): Iterable<ForwardHypothesis> {
  for (const slots of [[H0], [C0], [H0, C0]]) {
    if (!slots.every((slot) => context.inputs[slot]?.data.some((x) => x !== 0) === true)) continue;
    const p = patch(context);
    const zeros = slots.map((slot) => [slot, p.emit('Mul', [context.node.inputs[slot] as string, p.scalar(0)])]);
    yield {
      ...told,
      claim: `the initial ${slots.map((slot) => (slot === H0 ? 'state h' : 'cell state')).join(' and ')} is not used: it starts from zeros`,
      fix: 'Start from the initial state that is given.',
      edit: withOutputs(p, again(p, context, Object.fromEntries(zeros) as Record<number, string>)),
    };
  }
}

/** Each step as a sequence of its own: the time axis becomes part of the batch. */
function stepByStep(context: ForwardContext, found: Recurrent, start: (typeof STARTS)[number][0]): Edit | null {
  const { node, inputs, attributes } = context;
  const { steps, batch, directions, hidden, direction } = found;
  const size = inputs[X]?.shape[2] as number;
  const starts = [H0, C0].filter((slot) => inputs[slot] !== undefined);
  if (start !== 'every' && !starts.some((slot) => inputs[slot]?.data.some((x) => x !== 0))) return null;
  const p = patch(context);
  const changed: Record<number, string> = { [X]: p.reshape(node.inputs[X] as string, [1, steps * batch, size]), 4: '' };
  const places = Array.from({ length: steps * batch }, (_, i) => i % batch);
  const firsts = Array.from({ length: directions }, (_, d) => (direction === 'reverse' || d === 1 ? steps - 1 : 0));
  const kept = firsts.flatMap((first) => places.map((_, i) => (Math.floor(i / batch) === first ? 1 : 0)));
  for (const slot of starts) {
    const everywhere = start === 'none' ? '' : p.take(node.inputs[slot] as string, places, 1);
    const only = p.numbers([directions, steps * batch, 1], kept);
    changed[slot] = start === 'first' ? p.emit('Mul', [everywhere, only]) : everywhere;
  }
  const names = node.inputs.map((name, slot) => changed[slot] ?? name);
  const [y] = p.emitMany(node.op, names, 1, attributes);
  // [1, directions, steps·batch, hidden] → [steps, directions, batch, hidden]
  const apart = p.reshape(y as string, [directions, steps, batch, hidden]);
  const whole = p.emit('Transpose', [apart], { perm: { kind: 'ints', value: [1, 0, 2, 3] } });
  const ends = Array.from({ length: directions }, (_, d) => (direction === 'reverse' || d === 1 ? 0 : steps - 1));
  return node.outputs[2] === undefined || node.outputs[2] === ''
    ? p.edit(whole, node.outputs[1] ? { 1: lastOf(p, whole, ends, found) } : {})
    : p.edit(whole, { 1: lastOf(p, whole, ends, found) });
}

/** The last state of each direction: [directions, batch, hidden]. */
function lastOf(p: Patch, y: string, ends: readonly number[], { batch, hidden }: Recurrent): string {
  const parts = ends.map((step, d) => p.reshape(p.take(p.take(y, [step], 0), [d], 1), [1, batch, hidden]));
  return parts.length === 1 ? (parts[0] as string) : p.emit('Concat', parts, { axis: { kind: 'int', value: 0 } });
}

/** A forget gate that is shut: sigmoid of a very negative number. */
function forgetful(context: ForwardContext, found: Recurrent): Edit {
  const { directions, hidden, gates } = found;
  const p = patch(context);
  const of = (g: number, half: number): number => (gates[g] === 'forget' && half === 0 ? -1e30 : 0);
  const shut = p.numbers([directions, 8 * hidden], perGate(found, 2, of));
  const bias = context.inputs[B] === undefined ? shut : p.emit('Add', [context.node.inputs[B] as string, shut]);
  return withOutputs(p, again(p, context, { [B]: bias }));
}
