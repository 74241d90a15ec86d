import { intAttribute } from '../attributes.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent } from './_back.ts';
import { cellBack, functionsOf, gatesOf } from './_cell-back.ts';
import { factorSlips, slopeSlips } from './_cell-slips.ts';
import { unrolled } from './_unroll.ts';

/** More multiplications than this for one way back through time are not tried. */
const MOST_WORK = 2e7;
/** The cell taken apart is the operator's where it gives the same. */
const SAME = 1e-6;

/** Inside the cell of a recurrent layer on the way back: a derivative, a factor or a path of one gate; blocks of the gates; one of two biases. */
export const recurrentGradient: Rule = {
  id: 'gradient-recurrent',
  ops: ['LSTM', 'GRU', 'RNN'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, inputs, attributes, part } = context;
    yield* ofBlocks(context);
    yield* ofBiases(context);
    const functions = functionsOf(node.op, attributes);
    if (functions === null || workOf(context) > MOST_WORK) return;
    const steps = unrolled(context);
    const back = (step: ReturnType<typeof cellBack>) => steps?.back({ hidden: true, cell: true, step }) ?? null;
    const right = back(cellBack(node.op, {}));
    if (right === null || !isSame(right, part.data)) return;
    const gates = gatesOf(node.op);
    const slips = [...slopeSlips(node.op, functions), ...factorSlips(node.op, gates, inputs[7] !== undefined)];
    for (const slip of slips) {
      if (slip.toInput === true && slot !== 0) continue;
      const wrong = back(cellBack(node.op, slip));
      if (wrong === null || isSame(wrong, right)) continue;
      yield sent(slip.cause ?? 'gradient.derivative-wrong', `${slip.claim} (${node.name})`, slip.fix, wrong);
    }
  },
};

/** Orders of other frameworks, as ONNX's names. */
const KNOWN: Readonly<Record<string, string>> = {
  'input, forget, cell, output': "PyTorch's and Keras's",
  'input, cell, forget, output': "TensorFlow's (LSTMBlockCell)",
  'reset, update, hidden': "PyTorch's",
};

/** The gradient of W, R, B or P has the blocks of its gates in another order. */
function* ofBlocks({ node, slot, inputs, part }: BackwardContext): Iterable<BackwardHypothesis> {
  const gates = slot === 7 ? ['input', 'output', 'forget'] : gatesOf(node.op);
  const hidden = inputs[2]?.shape[2] ?? 0;
  if (![1, 2, 3, 7].includes(slot) || gates.length < 2 || hidden === 0) return;
  const directions = inputs[2]?.shape[0] ?? 1;
  const groups = directions * (slot === 3 ? 2 : 1);
  const block = part.data.length / groups / gates.length;
  for (const order of ordersOf(gates.length)) {
    if (order.every((from, to) => from === to)) continue;
    const moved = part.data.map((_, i) => {
      const [group, to] = [Math.floor(i / (block * gates.length)), Math.floor(i / block) % gates.length];
      return part.data[(group * gates.length + (order[to] as number)) * block + (i % block)] as number;
    });
    const names = order.map((gate) => gates[gate]).join(', ');
    const known = KNOWN[names] === undefined ? '' : ` (${KNOWN[names]})`;
    yield sent(
      'recurrent.gate-order',
      `the gradient of ${node.inputs[slot]} has the blocks of its gates in the order ${names}${known}; the model has ${gates.join(', ')}`,
      'Write the gradient of each gate to the block where its parameters lie.',
      moved,
    );
  }
}

/** Of the biases of input and recurrence only one has a gradient, or both have the same one. */
function* ofBiases({ node, slot, inputs, part, attributes }: BackwardContext): Iterable<BackwardHypothesis> {
  const directions = inputs[2]?.shape[0] ?? 1;
  if (slot !== 3) return;
  const half = part.data.length / directions / 2;
  const halfOf = (i: number): number => Math.floor(i / half) % 2;
  for (const [which, name] of ['input', 'recurrence'].entries()) {
    yield sent(
      'gradient.zero',
      `the bias of the ${name} gets no gradient, the other one of ${node.name} gets its own`,
      'Both biases get the gradient of the sum that they are added to.',
      part.data.map((x, i) => (halfOf(i) === which ? 0 : x)),
    );
  }
  if (node.op !== 'GRU' || intAttribute(attributes, 'linear_before_reset', 0) === 0) return;
  yield sent(
    'gradient.derivative-wrong',
    "both biases get the same gradient: the reset gate multiplies the candidate's recurrent bias, too",
    "Multiply the gradient of the candidate's recurrent bias by the reset gate.",
    part.data.map((x, i) => (halfOf(i) === 1 ? (part.data[i - half] as number) : x)),
  );
}

function workOf({ inputs }: BackwardContext): number {
  const [x, w, r] = inputs;
  const places = (x?.data.length ?? 0) / (x?.shape.at(-1) ?? 1);
  return 3 * places * ((w?.data.length ?? 0) + (r?.data.length ?? 0));
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  const most = b.reduce((size, x) => Math.max(size, Math.abs(x)), 0);
  return a.every((x, i) => Math.abs(x - (b[i] as number)) <= SAME * most);
}

function ordersOf(count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  return ordersOf(count - 1).flatMap((order) =>
    Array.from({ length: count }, (_, at) => [...order.slice(0, at), count - 1, ...order.slice(at)]),
  );
}
