import { type Bug, type Kit, rolled, times, zeroed } from '../bug.ts';
import { bug, truth, seeded, inputs } from './_backward.ts';

/** dx and dW of a recurrence of which only the last step's own part is computed. */
const lastStep = (k: Kit): Float64Array => zeroed(k.dy, (i) => i < (k.dy.length * 4) / 5);
/** Recurrent, backward. */
export const backwardRecurrent: readonly Bug[] = [
  bug(
    'LSTM',
    'x0',
    'lstm: nothing through the hidden state',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug('LSTM', 'x1', 'lstm: last step only', seeded(lastStep)),
  bug(
    'LSTM',
    'x2',
    'lstm: recurrent weight without the first step',
    seeded((k) => zeroed(k.dy, (i) => i < k.dy.length / 5)),
    { why: 'the state before the first step is zero: the same numbers', same: true },
  ),
  bug(
    'LSTM',
    'x3',
    'lstm: gates in another order',
    truth((g) => rolled(g, 11)),
  ),
  bug(
    'LSTM',
    'x3',
    'lstm: recurrent bias not written',
    truth((g) => zeroed(g, (i) => i >= 44)),
  ),
  bug('LSTM', 'x0', 'lstm: time reversed', (k) =>
    k.truth.map((_, i, g) => g[(4 - Math.floor(i / 21)) * 21 + (i % 21)]!),
  ),
  bug(
    'GRU',
    'x0',
    'gru: nothing through the hidden state',
    inputs((k) => ({ x2: times(k.x(2), 0) })),
  ),
  bug('GRU', 'x1', 'gru: last step only', seeded(lastStep)),
  bug(
    'GRU',
    'x2',
    'gru: gates in another order',
    truth((g) => rolled(g, 121)),
  ),
  bug(
    'GRU',
    'x3',
    'gru: recurrent bias not written',
    truth((g) => zeroed(g, (i) => i >= 33)),
  ),
];
