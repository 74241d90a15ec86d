import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { type Bug, type Kit, rolled, times, zeroed } from '../bug.ts';

type Spoil = (x: Float64Array, shape: readonly number[]) => ArrayLike<number>;

/** Elements of one example, or of one row. */
const inner = (shape: readonly number[]): number => shape.slice(1).reduce((a, b) => a * b, 1);
const lastAxis = (shape: readonly number[]): number => shape.at(-1) ?? 1;

const OF_EXAMPLES = 'every example written over the first';

/** What goes wrong with a buffer whatever the layer computes (knowledge of loops: tails, strides, tiles, stale and uncleared memory, types). */
const SPOILS: readonly (readonly [string, Spoil])[] = [
  ['tail behind the last full vector of 4 not written', (x) => zeroed(x, (i) => i >= x.length - (x.length % 4 || 4))],
  ['last row not written', (x, shape) => zeroed(x, (i) => i >= x.length - lastAxis(shape))],
  [
    'later rows written an element off',
    (x, shape) => x.map((v, i) => (i < lastAxis(shape) ? v : (x[i - 1] as number))),
  ],
  [OF_EXAMPLES, (x, shape) => zeroed(x, (i) => i >= inner(shape))],
  ['added to what was there', (x) => times(x, 2)],
  ['one row doubled by a race', (x, shape) => x.map((v, i) => (Math.floor(i / lastAxis(shape)) === 1 ? 2 * v : v))],
  ['stored as float16', (x) => x.map(roundToFloat16)],
  ['stored as bfloat16', (x) => x.map(roundToBfloat16)],
  ['one element not initialised', (x) => x.map((v, i) => (i === Math.floor(x.length / 2) ? Number.NaN : v))],
  ['read one place on', (x) => rolled(x, 1)],
  ['rounded down to hundredths', (x) => x.map((v) => Math.trunc(100 * v) / 100)],
  ['one element of another magnitude', (x) => x.map((v, i) => (i === Math.floor(x.length / 3) ? 1.5 * v + 0.1 : v))],
];

/** Layers in which they are made: one of each kind of loop. */
const PLACES: readonly (readonly [plan: string, target: string])[] = [
  ['Conv 3x3', 'y'],
  ['Conv 3x3', 'x1'],
  ['Conv depthwise', 'y'],
  ['Conv 5x5 stride 2', 'x0'],
  ['Conv groups', 'x1'],
  ['MatMul K=64', 'y'],
  ['MatMul K=1024', 'x1'],
  ['LayerNormalization mean 0', 'y'],
  ['LayerNormalization mean 0', 'x0'],
  ['BatchNormalization training, mean 0', 'y'],
  ['BatchNormalization training, mean 0', 'x0'],
  ['GroupNormalization mean 0', 'x0'],
  ['Softmax', 'y'],
  ['Softmax', 'x0'],
  ['Gelu', 'y'],
  ['LSTM', 'y'],
  ['LSTM', 'x1'],
  ['GRU', 'x2'],
];

/** Weights of one direction of a recurrent layer are one example. */
const fits = (plan: string, target: string, kind: string): boolean =>
  kind !== OF_EXAMPLES || target === 'y' || !/^(LSTM|GRU)/.test(plan);

export const buffers: readonly Bug[] = PLACES.flatMap(([plan, target]) =>
  SPOILS.filter(([kind]) => fits(plan, target, kind)).map(([kind, spoil]) => ({
    kind: `${target === 'y' ? '' : 'gradient: '}${plan}${target === 'y' ? '' : ` ${target}`}: ${kind}`,
    plan,
    target,
    make: (k: Kit) => spoil(k.truth, k.shape),
  })),
);
