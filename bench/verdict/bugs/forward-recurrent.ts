import { type Bug, times, zeroed } from '../bug.ts';
import { int } from '../cases.ts';
import { bug, inputs, attributes } from './_forward.ts';

/** Blocks of a weight in another order. */
const blocks = (x: Float64Array, count: number, order: readonly number[]): Float64Array => {
  const size = x.length / count;
  return x.map((_, i) => x[order[Math.floor(i / size)]! * size + (i % size)]!);
};
const reordered = (order: readonly number[]): Bug['make'] =>
  inputs((k) => ({
    x1: blocks(k.x(1), order.length, order),
    x2: blocks(k.x(2), order.length, order),
    x3: blocks(k.x(3), 2 * order.length, [...order, ...order.map((o) => o + order.length)]),
  }));
/** Recurrent, forward. */
export const forwardRecurrent: readonly Bug[] = [
  bug('LSTM', 'lstm: gates in the order ifco', reordered([0, 2, 3, 1])),
  bug('LSTM', 'lstm: gates in the order iofc read as ifoc', reordered([0, 2, 1, 3])),
  bug(
    'LSTM',
    'lstm: 1 added to the forget gate',
    inputs((k) => ({ x3: k.x(3).map((v, i) => (i >= 22 && i < 33 ? v + 1 : v)) })),
  ),
  bug(
    'LSTM',
    'lstm: hidden state not carried',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug(
    'LSTM',
    'lstm: recurrent bias missing',
    inputs((k) => ({ x3: zeroed(k.x(3), (i) => i >= 44) })),
  ),
  bug(
    'LSTM',
    'lstm: input bias twice',
    inputs((k) => ({ x3: k.x(3).map((v, i) => (i < 44 ? 2 * v : v)) })),
  ),
  bug(
    'LSTM',
    'lstm: time reversed',
    inputs((k) => ({ x0: blocks(k.x(0), 5, [4, 3, 2, 1, 0]) })),
  ),
  bug('GRU', 'gru: reset after the product', attributes({ linear_before_reset: int(1) })),
  bug('GRU', 'gru: gates z and r exchanged', reordered([1, 0, 2])),
  bug(
    'GRU',
    'gru: 1 − z for z',
    inputs((k) => ({
      x1: k.x(1).map((v, i) => (i < 77 ? -v : v)),
      x2: k.x(2).map((v, i) => (i < 121 ? -v : v)),
      x3: k.x(3).map((v, i) => (i % 33 < 11 ? -v : v)),
    })),
  ),
  bug(
    'GRU',
    'gru: recurrent bias missing',
    inputs((k) => ({ x3: zeroed(k.x(3), (i) => i >= 33) })),
  ),
];
