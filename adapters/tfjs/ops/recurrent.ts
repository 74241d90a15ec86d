import { floatsAttribute, intAttribute, stringAttribute, stringsAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { elu } from './elementwise.ts';
import { type Call, cannot, given, type Kernel, type Kernels, numbers } from './_kernel.ts';

type Activation = (x: TfTensor) => TfTensor;

/** One direction of one layer: gates as the specification of ONNX writes them. */
interface Cell {
  readonly gates: number;
  readonly activations: readonly string[];
  /** [h, c] of the next step. */
  step(run: Direction, x: TfTensor, h: TfTensor, c: TfTensor): readonly [TfTensor, TfTensor];
}

interface Direction {
  readonly call: Call;
  /** [gates · hidden, input], [gates · hidden, hidden]. */
  readonly w: TfTensor;
  readonly r: TfTensor;
  readonly wb: TfTensor;
  readonly rb: TfTensor;
  readonly activations: readonly Activation[];
}

const lstm: Cell = {
  gates: 4,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
  step({ call: { tf }, w, r, wb, rb, activations }, x, h, c) {
    const [f, g, out] = activations as [Activation, Activation, Activation];
    const all = tf.add(tf.add(tf.matMul(x, w, false, true), tf.matMul(h, r, false, true)), tf.add(wb, rb));
    const [i, o, forget, cell] = tf.split(all, 4, 1) as [TfTensor, TfTensor, TfTensor, TfTensor];
    const next = tf.add(tf.mul(f(forget), c), tf.mul(f(i), g(cell)));
    return [tf.mul(f(o), out(next)), next];
  },
};

const gru: Cell = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  step({ call, w, r, wb, rb, activations }, x, h, c) {
    const { tf } = call;
    const [f, g] = activations as [Activation, Activation];
    const before = intAttribute(call.attributes, 'linear_before_reset', 0) !== 0;
    const [xz, xr, xh] = tf.split(tf.add(tf.matMul(x, w, false, true), wb), 3, 1) as [TfTensor, TfTensor, TfTensor];
    const [rz, rr, rh] = tf.split(r, 3, 0) as [TfTensor, TfTensor, TfTensor];
    const [bz, br, bh] = tf.split(rb, 3, 0) as [TfTensor, TfTensor, TfTensor];
    const back = (state: TfTensor, weight: TfTensor, bias: TfTensor): TfTensor =>
      tf.add(tf.matMul(state, weight, false, true), bias);
    const z = f(tf.add(xz, back(h, rz, bz)));
    const reset = f(tf.add(xr, back(h, rr, br)));
    const inner = before ? tf.mul(reset, back(h, rh, bh)) : back(tf.mul(reset, h), rh, bh);
    const candidate = g(tf.add(xh, inner));
    return [tf.add(tf.mul(tf.sub(1, z), candidate), tf.mul(z, h)), c];
  },
};

const rnn: Cell = {
  gates: 1,
  activations: ['Tanh'],
  step({ call: { tf }, w, r, wb, rb, activations }, x, h, c) {
    const [f] = activations as [Activation];
    return [f(tf.add(tf.add(tf.matMul(x, w, false, true), tf.matMul(h, r, false, true)), tf.add(wb, rb))), c];
  },
};

const recurrent =
  (cell: Cell): Kernel =>
  (call) => {
    const { tf, attributes } = call;
    refuse(call);
    const batchFirst = intAttribute(attributes, 'layout', 0) === 1;
    const x = batchFirst ? tf.transpose(given(call, 0), [1, 0, 2]) : given(call, 0);
    const [steps, batch] = x.shape as [number, number];
    const hidden = (given(call, 2).shape as number[])[2] as number;
    const lengths = numbers(call, 4);
    if (lengths?.some((length) => length !== steps))
      throw cannot(call, 'with sequences of several lengths', 'Use one.');
    const ways = stringAttribute(attributes, 'direction', 'forward');
    const count = ways === 'bidirectional' ? 2 : 1;
    const runs = Array.from({ length: count }, (_, d) => {
      const backwards = ways === 'reverse' || d === 1;
      const start = (slot: number): TfTensor => initial(call, slot, d, [batch, hidden], batchFirst);
      return unrolled(cell, directionOf(call, cell, d, hidden), x, start(5), start(6), backwards);
    });
    const sequence = tf.stack(
      runs.map(({ all }) => all),
      1,
    );
    const axis = batchFirst ? 1 : 0;
    const last = (pick: (run: Run) => TfTensor): TfTensor => tf.stack(runs.map(pick), axis);
    const y = batchFirst ? tf.transpose(sequence, [2, 0, 1, 3]) : sequence;
    return [y, last(({ h }) => h), last(({ c }) => c)].slice(0, Math.max(1, call.node.outputs.length));
  };

interface Run {
  readonly all: TfTensor;
  readonly h: TfTensor;
  readonly c: TfTensor;
}

function unrolled(cell: Cell, run: Direction, x: TfTensor, h0: TfTensor, c0: TfTensor, backwards: boolean): Run {
  const { tf } = run.call;
  // A copy: the tape keeps the array itself.
  const inputs = [...tf.unstack(x, 0)];
  if (backwards) inputs.reverse();
  let [h, c] = [h0, c0];
  const outputs = inputs.map((input) => {
    [h, c] = cell.step(run, input, h, c);
    return h;
  });
  if (backwards) outputs.reverse();
  return { all: tf.stack(outputs, 0), h, c };
}

function directionOf(call: Call, { gates, activations }: Cell, d: number, hidden: number): Direction {
  const { tf, inputs } = call;
  const part = (slot: number): TfTensor => tf.squeeze(tf.slice(given(call, slot), d, 1), [0]);
  const size = gates * hidden;
  const biases = inputs[3] === undefined ? tf.zeros([2 * size]) : part(3);
  const [wb, rb] = tf.split(biases, 2, 0) as [TfTensor, TfTensor];
  return { call, w: part(1), r: part(2), wb, rb, activations: activationsOf(call, activations, d) };
}

function initial(call: Call, slot: number, d: number, shape: [number, number], batchFirst: boolean): TfTensor {
  const { tf, inputs } = call;
  const state = inputs[slot];
  if (state === undefined) return tf.zeros(shape);
  return batchFirst ? tf.squeeze(tf.slice(state, [0, d, 0], [-1, 1, -1]), [1]) : tf.squeeze(tf.slice(state, d, 1), [0]);
}

/** The activations of a direction, with their α and β: each takes the next of the lists if it has any. */
function activationsOf(call: Call, otherwise: readonly string[], d: number): readonly Activation[] {
  const said = stringsAttribute(call.attributes, 'activations');
  const names = said.length > 0 ? said : [...otherwise, ...otherwise];
  const [alphas, betas] = ['activation_alpha', 'activation_beta'].map((name) => [
    ...floatsAttribute(call.attributes, name),
  ]);
  const made = names.map((name) => {
    const found = ACTIVATIONS[name];
    if (found === undefined) throw cannot(call, `with ${name}`, `Use one of ${Object.keys(ACTIVATIONS).join(', ')}.`);
    const [alpha, beta] = [found.alpha, found.beta];
    const a = alpha === undefined ? 0 : (alphas?.shift() ?? alpha);
    const b = beta === undefined ? 0 : (betas?.shift() ?? beta);
    return (x: TfTensor) => found.apply(call.tf, x, a, b);
  });
  return made.slice(d * otherwise.length, (d + 1) * otherwise.length);
}

interface Known {
  readonly alpha?: number;
  readonly beta?: number;
  apply(tf: Call['tf'], x: TfTensor, a: number, b: number): TfTensor;
}

const ACTIVATIONS: Readonly<Record<string, Known>> = {
  Sigmoid: { apply: (tf, x) => tf.sigmoid(x) },
  Tanh: { apply: (tf, x) => tf.tanh(x) },
  Relu: { apply: (tf, x) => tf.relu(x) },
  Softsign: { apply: (tf, x) => tf.div(x, tf.add(1, tf.abs(x))) },
  Softplus: { apply: (tf, x) => tf.softplus(x) },
  LeakyRelu: { alpha: 0.01, apply: (tf, x, a) => tf.leakyRelu(x, a) },
  Elu: { alpha: 1, apply: elu },
  HardSigmoid: { alpha: 0.2, beta: 0.5, apply: (tf, x, a, b) => tf.clipByValue(tf.add(tf.mul(a, x), b), 0, 1) },
  Affine: { alpha: 1, beta: 0, apply: (tf, x, a, b) => tf.add(tf.mul(a, x), b) },
};

function refuse(call: Call): void {
  if (call.attributes['clip'] !== undefined) throw cannot(call, 'with clip', 'Use it without.');
  if (intAttribute(call.attributes, 'input_forget', 0) !== 0)
    throw cannot(call, 'with input_forget', 'Use it without.');
  if (call.inputs[7] !== undefined) throw cannot(call, 'with peepholes', 'Use it without.');
}

export const recurrences: Kernels = { LSTM: recurrent(lstm), GRU: recurrent(gru), RNN: recurrent(rnn) };
