import { int, ints, Maker, type Net, text, texts } from '../maker.ts';

/** Weights of a recurrent layer of so many directions, gates, hidden units and inputs. */
function recurrentWeights(m: Maker, name: string, dirs: number, gates: number, hidden: number, input: number) {
  const w = m.weight(`${name}.W`, [dirs, gates * hidden, input], 0.5);
  const r = m.weight(`${name}.R`, [dirs, gates * hidden, hidden], 0.5);
  return [w, r, m.weight(`${name}.B`, [dirs, 2 * gates * hidden], 0.4)] as const;
}

/** Embedding, LSTM in both directions, its outputs averaged. */
export function bilstm(): Net {
  const m = new Maker('bilstm', 14);
  const tokens = m.tokens('tokens', [3, 7], 17);
  const x = m.transpose(m.node('Gather', [m.weight('embed', [17, 6], 1), tokens]), 1, 0, 2);
  const [w, r, b] = recurrentWeights(m, 'lstm', 2, 4, 5, 6);
  const attributes = { hidden_size: int(5), direction: text('bidirectional') };
  const [y] = m.b.nodes('LSTM', [x, w, r, b], attributes, { outputs: 3 }) as [string];
  const both = m.reshape(m.transpose(y, 0, 2, 1, 3), 7, 3, 10);
  const pooled = m.node('ReduceMean', [both], { axes: ints(0), keepdims: int(0) });
  m.crossEntropy(m.gemm(pooled, 'head', 10, 4), [3], 4);
  return m.net('loss');
}

/** Two gated recurrent layers, the second reversed; the reset gate behind the product. */
export function gru(): Net {
  const m = new Maker('gru', 15);
  const x = m.floats('series', [7, 3, 4]);
  const [w, r, b] = recurrentWeights(m, 'gru1', 1, 3, 5, 4);
  const start = m.weight('start', [1, 3, 5], 0.5);
  const [y] = m.b.nodes(
    'GRU',
    [x, w, r, b, '', start],
    { hidden_size: int(5), linear_before_reset: int(1) },
    { outputs: 2 },
  ) as [string];
  const inner = m.node('Squeeze', [y, m.constant([1], 'int64')]);
  const second = recurrentWeights(m, 'gru2', 1, 3, 5, 5);
  const attributes = { hidden_size: int(5), direction: text('reverse') };
  const [z] = m.b.nodes('GRU', [inner, ...second], attributes, { outputs: 2 }) as [string];
  const out = m.linear(m.node('Squeeze', [z, m.constant([1], 'int64')]), 'head', 5, 2);
  const difference = m.node('Sub', [out, m.floats('wanted', [7, 3, 2])]);
  m.mean(m.node('Mul', [difference, difference]));
  return m.net('loss');
}

/** A plain recurrent network over letters; the logarithm of softmax and a separate loss. */
export function rnn(): Net {
  const m = new Maker('rnn', 13);
  const tokens = m.tokens('letters', [5, 3], 7);
  const x = m.node('Gather', [m.weight('embed', [7, 4], 1), tokens]);
  const [w, r, b] = recurrentWeights(m, 'rnn', 1, 1, 6, 4);
  const [, last] = m.b.nodes(
    'RNN',
    [x, w, r, b],
    { hidden_size: int(6), activations: texts('Tanh') },
    { outputs: 2 },
  ) as [string, string];
  const logits = m.gemm(m.node('Squeeze', [last, m.constant([0], 'int64')]), 'head', 6, 5);
  const log = m.node('LogSoftmax', [logits], { axis: int(1) });
  const target = m.tokens('target', [3], 5);
  m.node('NegativeLogLikelihoodLoss', [log, target, m.positive('classes', [5])], {}, { outputNames: ['loss'] });
  return m.net('loss');
}
