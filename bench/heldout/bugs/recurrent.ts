import type { Attribute } from '../../../harness/types/graph.ts';
import type { Value } from '../../../harness/types/oracle.ts';
import { type Bug, changed, numbers, type Place, type Replaced } from '../bug.ts';
import { forward, tensor } from './linear.ts';

const RECURRENT = ['LSTM', 'GRU', 'RNN'];
const texts = (value: readonly string[]): Attribute => ({ kind: 'strings', value });
const hiddenOf = (p: Place): number =>
  p.node.attributes.hidden_size?.kind === 'int' ? p.node.attributes.hidden_size.value : 1;
const GATES: Record<string, number> = { LSTM: 4, GRU: 3, RNN: 1 };

/** Blocks of a weight's gate axis in another order: block i is taken from order[i]. */
function blocks(value: Value, hidden: number, order: readonly number[]): Float64Array {
  const width = value.shape.length === 3 ? value.shape[2]! : 1;
  const size = hidden * width;
  const total = order.length * size;
  return value.data.map((_, i) => {
    const start = i - (i % total);
    return value.data[start + order[Math.floor((i % total) / size)]! * size + (i % size)]!;
  });
}

function reordered(p: Place, order: readonly number[]): Replaced | null {
  const gates = GATES[p.node.op]!;
  if (order.length !== gates) return null;
  const h = hiddenOf(p);
  const names = [1, 2, 3].map((slot) => `bug::${p.node.name}${slot}`);
  const constants: Replaced['constants'] = Object.fromEntries(
    [1, 2, 3].flatMap((slot, i) => {
      const value = p.inputs[slot];
      if (value === undefined) return [];
      const both = slot === 3 ? [...order, ...order.map((g) => g + gates)] : order;
      return [[names[i]!, tensor(value.shape, blocks(value, h, both))]];
    }),
  );
  return {
    ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i >= 1 && i <= 3 && n !== '' ? names[i - 1]! : n)) }),
    constants,
  };
}

/** The biases with one half changed. */
function biases(p: Place, f: (value: number, gate: number, recurrent: boolean) => number): Replaced | null {
  const b = p.inputs[3];
  if (b === undefined) return null;
  const [h, gates] = [hiddenOf(p), GATES[p.node.op]!];
  const name = `bug::${p.node.name}bias`;
  const data = b.data.map((x, i) => f(x, Math.floor(i / h) % gates, Math.floor(i / h / gates) % 2 === 1));
  return {
    ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i === 3 ? name : n)) }),
    constants: { [name]: tensor(b.shape, data) },
  };
}

const order = (what: string, op: string, blocksOf: readonly number[]): Bug =>
  forward(what, 'recurrent.gate-order', [op], (p) => reordered(p, blocksOf));

/** Nothing carried from step to step: the recurrent weights are 0, and so is the state. */
function notCarried(p: Place): Replaced {
  const r = p.inputs[2]!;
  const name = `bug::${p.node.name}R`;
  return {
    ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i === 2 ? name : n)) }),
    constants: {
      [name]: tensor(
        r.shape,
        r.data.map(() => 0),
      ),
    },
  };
}

/** The steps of one direction in reverse order: Y is [T, D, B, H]. */
function backwards(y: Value, direction: number): Float64Array {
  const [t = 1, d = 1, b = 1, h = 1] = y.shape;
  const size = b * h;
  return y.data.map((x, i) => {
    const [step, dir] = [Math.floor(i / (d * size)), Math.floor(i / size) % d];
    return dir === direction ? y.data[((t - 1 - step) * d + dir) * size + (i % size)]! : x;
  });
}

const directionOf = (p: Place): string =>
  p.node.attributes.direction?.kind === 'string' ? p.node.attributes.direction.value : 'forward';

export const recurrentBugs: readonly Bug[] = [
  order('input, forget, cell, output', 'LSTM', [0, 2, 3, 1]),
  order('input, forget, output, cell', 'LSTM', [0, 2, 1, 3]),
  order('forget and output swapped', 'LSTM', [0, 2, 1, 3]),
  order('cell first', 'LSTM', [3, 0, 1, 2]),
  order('reset before update', 'GRU', [1, 0, 2]),
  order('cell first', 'GRU', [2, 0, 1]),
  forward('recurrent bias not added', 'recurrent.bias-missing', RECURRENT, (p) => biases(p, (x, _, r) => (r ? 0 : x))),
  forward('input bias not added', 'recurrent.bias-missing', RECURRENT, (p) => biases(p, (x, _, r) => (r ? x : 0))),
  forward('no bias', 'recurrent.bias-missing', RECURRENT, (p) =>
    changed(p.node, { inputs: p.node.inputs.map((n, i) => (i === 3 ? '' : n)) }),
  ),
  forward('1 added to the forget bias', 'recurrent.forget-bias', ['LSTM'], (p) =>
    biases(p, (x, g, r) => (g === 2 && !r ? x + 1 : x)),
  ),
  forward('reset gate on the other side', 'recurrent.reset-placement', ['GRU'], (p) => {
    const now = p.node.attributes.linear_before_reset;
    return changed(p.node, {
      set: { linear_before_reset: { kind: 'int', value: now?.kind === 'int' && now.value !== 0 ? 0 : 1 } },
    });
  }),
  forward('recurrent product left out', 'recurrent.state-not-carried', ['RNN'], notCarried),
  forward(
    'state reset at each step',
    'recurrent.state-not-carried',
    RECURRENT,
    (p) => numbers((_, y, { inputs }) => alone(p, y, inputs[0]!)),
    ['region.partial'],
  ),
  forward('no tanh of the cell', 'recurrent.cell-activation', ['LSTM'], (p) =>
    changed(p.node, {
      set: {
        activations: texts(Array.from({ length: p.inputs[1]!.shape[0]! }, () => ['Sigmoid', 'Tanh', 'Affine']).flat()),
        activation_alpha: { kind: 'floats', value: Array.from({ length: 3 * p.inputs[1]!.shape[0]! }, () => 1) },
        activation_beta: { kind: 'floats', value: Array.from({ length: 3 * p.inputs[1]!.shape[0]! }, () => 0) },
      },
    }),
  ),
  forward(
    'ReLU for tanh',
    'activation.wrong-function',
    ['RNN'],
    (p) => changed(p.node, { set: { activations: texts(['Relu']) } }),
    ['recurrent.cell-activation'],
  ),
  forward(
    'hard sigmoid gates',
    'activation.wrong-function',
    ['LSTM', 'GRU'],
    (p) =>
      changed(p.node, {
        set: {
          activations: texts(
            Array.from({ length: p.inputs[1]!.shape[0]! }, () =>
              p.node.op === 'LSTM' ? ['HardSigmoid', 'Tanh', 'Tanh'] : ['HardSigmoid', 'Tanh'],
            ).flat(),
          ),
        },
      }),
    ['recurrent.cell-activation'],
  ),
  forward(
    'steps not turned back',
    'recurrent.direction',
    RECURRENT,
    (p) => {
      const way = directionOf(p);
      return way === 'forward' ? null : numbers((_, y) => backwards(y, way === 'reverse' ? 0 : 1));
    },
    ['index.reversed', 'region.partial'],
  ),
  forward('read forwards', 'recurrent.direction', RECURRENT, (p) =>
    directionOf(p) === 'reverse' ? changed(p.node, { set: { direction: { kind: 'string', value: 'forward' } } }) : null,
  ),
  forward(
    'the two directions swapped',
    'recurrent.direction',
    RECURRENT,
    (p) =>
      directionOf(p) !== 'bidirectional'
        ? null
        : numbers((_, y) => {
            const size = y.shape[2]! * y.shape[3]!;
            return y.data.map((__, i) => y.data[Math.floor(i / size) % 2 === 0 ? i + size : i - size]!);
          }),
    ['concat.order', 'axes.permuted', 'index.reversed'],
  ),
  forward('update gate inverted', 'recurrent.update-inverted', ['GRU'], (p) => updateInverted(p)),
];

/** z for 1−z: the sigmoid of the negative. */
function updateInverted(p: Place): Replaced {
  const h = hiddenOf(p);
  const negated = (value: Value, halves: number): Float64Array => {
    const width = value.shape.length === 3 ? value.shape[2]! : 1;
    return value.data.map((x, i) => (Math.floor(i / (h * width)) % 3 === 0 && halves > 0 ? -x : x));
  };
  const names = [1, 2, 3].map((slot) => `bug::${p.node.name}${slot}`);
  const constants = Object.fromEntries(
    [1, 2, 3].flatMap((slot, i) =>
      p.inputs[slot] === undefined ? [] : [[names[i]!, tensor(p.inputs[slot].shape, negated(p.inputs[slot], 1))]],
    ),
  );
  return {
    ...changed(p.node, { inputs: p.node.inputs.map((n, i) => (i >= 1 && i <= 3 && n !== '' ? names[i - 1]! : n)) }),
    constants,
  };
}

/** A plain recurrent layer whose every step starts from nothing: only for one direction of RNN, written by hand. */
function alone(p: Place, y: Value, x: Value): Float64Array {
  if (p.node.op !== 'RNN') return y.data;
  const [w, b] = [p.inputs[1]!, p.inputs[3]!];
  const [h, i] = [w.shape[1]!, w.shape[2]!];
  const rows = x.data.length / i;
  return y.data.map((_, at) => {
    const [row, unit] = [Math.floor(at / h) % rows, at % h];
    let sum = b.data[unit]! + b.data[h + unit]!;
    for (let k = 0; k < i; k++) sum = Math.fround(sum + Math.fround(w.data[unit * i + k]! * x.data[row * i + k]!));
    return Math.fround(Math.tanh(sum));
  });
}
