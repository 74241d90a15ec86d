import { float, int, text } from '../../../../../adapters/onnx/rule.ts';
import { fromNumbers } from '../../../../../harness/tensor.ts';
import type { Attribute, Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn, randnOf } from '../layer-law.ts';

const [STEPS, BATCH, INPUTS, HIDDEN] = [5, 3, 2, 4];
const GATES: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 };

interface Options {
  readonly direction?: 'forward' | 'reverse' | 'bidirectional';
  readonly lengths?: readonly number[];
  readonly bias?: boolean;
  readonly initial?: boolean;
  readonly peephole?: boolean;
  readonly attributes?: Attributes;
  readonly more?: Partial<LayerCase>;
}

function recurrent(op: 'LSTM' | 'GRU' | 'RNN', claim: string, options: Options = {}): LayerCase {
  const {
    direction = 'forward',
    lengths,
    bias = true,
    initial = false,
    peephole = false,
    attributes = {},
    more,
  } = options;
  const directions = direction === 'bidirectional' ? 2 : 1;
  const rows = (GATES[op] as number) * HIDDEN;
  const make = (shape: Shape, seed: number): Tensor => randnOf(shape, seed, (x) => 0.6 * x);
  const state = [directions, BATCH, HIDDEN];
  const inputs = [
    randn([STEPS, BATCH, INPUTS], 51),
    make([directions, rows, INPUTS], 52),
    make([directions, rows, HIDDEN], 53),
    bias ? make([directions, 2 * rows], 54) : null,
    lengths === undefined ? null : fromNumbers('int32', [BATCH], lengths),
    initial ? make(state, 55) : null,
    ...(op === 'LSTM' ? [initial ? make(state, 56) : null, peephole ? make([directions, 3 * HIDDEN], 57) : null] : []),
  ];
  return {
    claim: `${op} ${claim}`,
    op,
    inputs,
    outputs: op === 'LSTM' ? 3 : 2,
    attributes: { hidden_size: int(HIDDEN), direction: text(direction), ...attributes },
    step: 2 ** -7,
    tolerance: 2e-3,
    ...more,
  };
}

const strings = (value: readonly string[]): Attribute => ({ kind: 'strings', value });
const floats = (value: readonly number[]): Attribute => ({ kind: 'floats', value: value.map(Math.fround) });
const full = { initial: true, direction: 'bidirectional', lengths: [5, 2, 4] } as const;

const common = (op: 'LSTM' | 'GRU' | 'RNN'): LayerCase[] => [
  recurrent(op, 'forward'),
  recurrent(op, 'without a bias', { bias: false }),
  recurrent(op, 'through its last state alone', {
    more: { outputs: op === 'LSTM' ? [false, true, false] : [false, true] },
  }),
  recurrent(op, 'through its sequence alone', { more: { outputs: 1 } }),
  recurrent(op, 'in reverse', { direction: 'reverse' }),
  recurrent(op, 'in both directions with initial states', { direction: 'bidirectional', initial: true }),
  recurrent(op, 'with sequences of several lengths', { lengths: [2, 5, 3] }),
  recurrent(op, 'in reverse with sequences of several lengths', {
    direction: 'reverse',
    lengths: [4, 1, 5],
    initial: true,
  }),
  recurrent(op, 'in both directions with lengths and initial states', full),
  recurrent(op, 'with sequence_lens that are all full', { lengths: [5, 5, 5] }),
  recurrent(op, 'with clipped arguments', { attributes: { clip: float(1.1) }, more: { step: 2 ** -10 } }),
];

export const recurrentNetworks: readonly LayerCase[] = [
  ...common('LSTM'),
  recurrent('LSTM', 'with peepholes', { peephole: true, initial: true }),
  recurrent('LSTM', 'with peepholes in both directions', { ...full, peephole: true }),
  recurrent('LSTM', 'with a coupled forget gate', { attributes: { input_forget: int(1) }, initial: true }),
  recurrent('LSTM', 'with a coupled forget gate and peepholes', {
    attributes: { input_forget: int(1) },
    peephole: true,
    initial: true,
  }),
  recurrent('LSTM', 'with other activations', {
    attributes: {
      activations: strings(['HardSigmoid', 'Softsign', 'Affine']),
      activation_alpha: floats([0.15, 0.7]),
      activation_beta: floats([0.45, 0.1]),
    },
    initial: true,
    more: { step: 2 ** -8 },
  }),
  recurrent('LSTM', 'through its last cell alone', { more: { seeded: [2] } }),
  ...common('GRU'),
  recurrent('GRU', 'that resets after the recurrence', { attributes: { linear_before_reset: int(1) }, initial: true }),
  recurrent('GRU', 'that resets after the recurrence, both directions, lengths', {
    ...full,
    attributes: { linear_before_reset: int(1) },
  }),
  recurrent('GRU', 'that resets after the recurrence, without a bias', {
    bias: false,
    attributes: { linear_before_reset: int(1) },
  }),
  recurrent('GRU', 'with other activations', {
    direction: 'bidirectional',
    attributes: {
      activations: strings(['HardSigmoid', 'ScaledTanh', 'Sigmoid', 'Softplus']),
      activation_alpha: floats([0.1, 0.8]),
      activation_beta: floats([0.55, 1.2]),
    },
  }),
  ...common('RNN'),
  ...[
    'Relu',
    'Affine',
    'LeakyRelu',
    'ThresholdedRelu',
    'ScaledTanh',
    'HardSigmoid',
    'Elu',
    'Softsign',
    'Softplus',
    'Sigmoid',
  ].map((name) =>
    recurrent('RNN', `with ${name}`, {
      attributes: {
        activations: strings([name]),
        activation_alpha: floats([name === 'HardSigmoid' ? 0.12 : 0.3]),
        activation_beta: floats([0.4]),
      },
      more: { step: 2 ** -9, tolerance: 1e-2 },
    }),
  ),
];
