import { intAttribute } from '../attributes.ts';
import type { Attribute } from '../types/graph.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type Patch, patch } from './_patch.ts';
import {
  again,
  B,
  firstWrongStep,
  perGate,
  R,
  RECURRENT,
  type Recurrent,
  recurrentOf,
  W,
  withOutputs,
} from './_recurrent.ts';

/** What a recurrent cell does otherwise with its parameters and functions: biases, gates inverted, the reset's place, activations. */
export const recurrent: Rule = {
  id: 'recurrent',
  ops: RECURRENT,
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = recurrentOf(context);
    if (found === null) return;
    const evidence = firstWrongStep(context, found);
    for (const variant of [...ofBias(context, found), ...ofGates(context, found), ...ofFunctions(context, found)]) {
      yield { ...variant, specificity: 3, evidence };
    }
  },
};

interface Variant {
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
  readonly edit: Edit;
}

function* ofBias(context: ForwardContext, found: Recurrent): Iterable<Variant> {
  const bias = context.inputs[B]?.data;
  if (bias === undefined) return;
  // Left out there, it may have its gradient all the same: a constant taken away keeps it, a factor does not.
  const changed = (of: (gate: number, half: number) => number, keepsGradient: boolean): Edit => {
    const p = patch(context);
    const shape = [found.directions, 2 * found.gates.length * found.hidden];
    const factors = perGate(found, 2, of);
    const by = p.numbers(shape, keepsGradient ? factors.map((x, i) => (x - 1) * (bias[i] as number)) : factors);
    const read = p.emit(keepsGradient ? 'Add' : 'Mul', [context.node.inputs[B] as string, by]);
    return withOutputs(p, again(p, context, { [B]: read }));
  };
  const missing = {
    cause: 'recurrent.bias-missing',
    fix: 'Add both biases: that of the input and that of the recurrence.',
  };
  const doubled = { cause: 'bias.doubled', fix: 'Add each bias once.' };
  for (const keepsGradient of [true, false]) {
    const scaled = (of: (gate: number, half: number) => number): Edit => changed(of, keepsGradient);
    yield { ...missing, claim: 'the recurrent bias is not added', edit: scaled((_, half) => (half === 1 ? 0 : 1)) };
    yield { ...missing, claim: 'the input bias is not added', edit: scaled((_, half) => (half === 0 ? 0 : 1)) };
    yield { ...missing, claim: 'neither bias is added', edit: scaled(() => 0) };
    yield { ...doubled, claim: 'the recurrent bias is added twice', edit: scaled((_, half) => (half === 1 ? 2 : 1)) };
    yield { ...doubled, claim: 'the input bias is added twice', edit: scaled((_, half) => (half === 0 ? 2 : 1)) };
  }
  for (const [g, gate] of found.gates.entries()) {
    if (found.gates.length === 1) break;
    for (const [half, which] of ['input', 'recurrent'].entries()) {
      const claim = `the ${which} bias of the ${gate} gate is not added`;
      const of = (gateOf: number, halfOf: number): number => (gateOf === g && halfOf === half ? 0 : 1);
      yield { ...missing, claim, edit: changed(of, true) };
    }
  }
}

function* ofGates(context: ForwardContext, found: Recurrent): Iterable<Variant> {
  const { op, gates, directions, hidden, functions } = found;
  if (op === 'LSTM') {
    for (const extra of [1, -1]) {
      const p = patch(context);
      const of = (g: number, half: number): number => (gates[g] === 'forget' && half === 0 ? extra : 0);
      const added = p.numbers([directions, 8 * hidden], perGate(found, 2, of));
      const bias = context.inputs[B] === undefined ? added : p.emit('Add', [context.node.inputs[B] as string, added]);
      yield {
        cause: 'recurrent.forget-bias',
        claim:
          extra === 1
            ? '1 is added to the forget bias'
            : 'the forget bias is 1 less than the model says: a 1 is already in it',
        fix: 'Use the forget bias as it is: nothing is added in inference, and trained biases hold what was added at the start.',
        edit: withOutputs(p, again(p, context, { [B]: bias })),
      };
    }
  }
  if (op !== 'GRU') return;
  const late = intAttribute(context.attributes, 'linear_before_reset', 0) !== 0;
  const value: Attribute = { kind: 'int', value: late ? 0 : 1 };
  const p = patch(context);
  const formula = ['r∘h before the recurrent product', 'r∘(R·h + b) after it'];
  yield {
    cause: 'recurrent.reset-placement',
    claim: `the reset gate acts as ${late ? formula[0] : formula[1]}, the model (linear_before_reset ${late ? 1 : 0}) has ${late ? formula[1] : formula[0]}`,
    fix: `Apply the reset gate ${late ? 'after the recurrent product and its bias' : 'to the state, before the recurrent product'}.`,
    edit: withOutputs(p, again(p, context, {}, { ...context.attributes, linear_before_reset: value })),
  };
  if (functions[0] === 'Sigmoid') yield inverted(context, found, patch(context));
}

/** 1 − sigmoid(a) is sigmoid(−a): the update gate's rows with the opposite sign. */
function inverted(context: ForwardContext, found: Recurrent, p: Patch): Variant {
  const { gates, directions, hidden } = found;
  const of = (g: number): number => (gates[g] === 'update' ? -1 : 1);
  const { node, inputs } = context;
  const rows = gates.length * hidden;
  const turn = (slot: number, halves: number): string =>
    p.emit('Mul', [
      node.inputs[slot] as string,
      p.numbers(slot === B ? [directions, halves * rows] : [directions, rows, 1], perGate(found, halves, of)),
    ]);
  const changed = { [W]: turn(W, 1), [R]: turn(R, 1), ...(inputs[B] === undefined ? {} : { [B]: turn(B, 2) }) };
  return {
    cause: 'recurrent.update-inverted',
    claim: 'z and 1 − z are swapped: h = z∘candidate + (1 − z)∘h',
    fix: 'h = (1 − z)∘candidate + z∘h.',
    edit: withOutputs(p, again(p, context, changed)),
  };
}

/** Places of the functions, and what they act on. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  LSTM: ['the gates', 'the candidate', 'the cell state'],
  GRU: ['the gates', 'the candidate'],
  RNN: ['the state'],
};

function* ofFunctions(context: ForwardContext, { op, functions, plain, directions }: Recurrent): Iterable<Variant> {
  if (!plain) return;
  for (const [place, right] of functions.entries()) {
    for (const other of ['Affine', 'Tanh', 'Sigmoid', 'Relu', 'HardSigmoid', 'Softsign']) {
      if (other.toLowerCase() === right.toLowerCase()) continue;
      const one = functions.map((name, i) => (i === place ? other : name));
      const activations = Array.from({ length: directions }, () => one).flat();
      const p = patch(context);
      const attributes = { ...context.attributes, activations: { kind: 'strings', value: activations } as const };
      const where = (PLACES[op] as readonly string[])[place];
      yield {
        cause: other === 'Affine' ? 'recurrent.cell-activation' : 'activation.wrong-function',
        claim:
          other === 'Affine' ? `${right} of ${where} is left out` : `${where} has ${other} in the place of ${right}`,
        fix: `Apply ${right} to ${where}.`,
        edit: withOutputs(p, again(p, context, {}, attributes)),
      };
    }
  }
}
