import type { Tensor } from '../../harness/types/tensor.ts';
import { bidirectional } from './bidirectional.ts';
import { gpt, gptWritten } from './gpt.ts';
import { gru, gruOfThePaper } from './gru.ts';
import { lstm } from './lstm.ts';
import { rotary } from './rotary.ts';
import type { Draft } from './drafts.ts';
import type { Twin } from './twin.ts';

type Shapes = Readonly<Record<string, readonly number[]>>;
type Numbers = Readonly<Record<string, Tensor>>;

/** Gates, numbers in and units of a recurrent layer, in so many directions. */
const recurrent = (name: string, gates: number, I: number, H: number, directions = 1): Shapes => ({
  [`${name}.weight`]: [directions, gates * H, I],
  [`${name}.recurrence`]: [directions, gates * H, H],
  [`${name}.bias`]: [directions, 2 * gates * H],
});
const both = (name: string, ...weight: readonly [number, number]): Shapes => ({
  [`${name}.weight`]: weight,
  [`${name}.bias`]: [weight[1]],
});
const rows = (name: string, O: number, I: number): Shapes => ({ [`${name}.weight`]: [O, I], [`${name}.bias`]: [O] });
const norm = (name: string, D: number): Shapes => ({ [`${name}.weight`]: [D], [`${name}.bias`]: [D] });
const gptBlock = (name: string): Shapes => ({
  ...norm(`${name}.ln1`, 22),
  ...both(`${name}.qkv`, 22, 66),
  ...both(`${name}.out`, 22, 22),
  ...norm(`${name}.ln2`, 22),
  ...both(`${name}.up`, 22, 31),
  ...both(`${name}.down`, 31, 22),
});
const GPT: Shapes = {
  'tokens.weight': [23, 22],
  'embedded.weight': [11, 22],
  ...gptBlock('b1'),
  ...gptBlock('b2'),
  ...norm('ln', 22),
};

/** Language models and what they are made of: batches of tokens, their sizes as unlike each other as can be. */
export const sequenceDrafts: readonly Draft[] = [
  draft(lstm, 20_241_121, { input: [3, 7], target: [21] }, 23, {
    'tokens.weight': [23, 11],
    ...recurrent('lstm', 4, 11, 13),
    ...rows('head', 23, 13),
  }),
  ...[gru, gruOfThePaper].map((twin) =>
    draft(twin, 20_241_123, { input: [7, 3], target: [21], initial: [1, 3, 11] }, 29, {
      'tokens.weight': [29, 17],
      ...recurrent('gru', 3, 17, 11),
      ...rows('head', 29, 11),
    }),
  ),
  draft(bidirectional, 20_241_125, { input: [11, 3, 5], mask: [11, 3, 14], target: [33] }, 17, {
    ...recurrent('lstm', 4, 5, 7, 2),
    ...rows('head', 17, 14),
  }),
  draft(gpt, 20_241_127, { input: [3, 7], target: [21] }, 23, GPT),
  draft(gptWritten, 20_241_127, { input: [3, 7], target: [21] }, 23, GPT),
  draft(rotary, 20_241_129, { input: [3, 7], target: [21] }, 19, {
    'tokens.weight': [19, 44],
    'norm1.weight': [44],
    ...Object.fromEntries(['q', 'k', 'v', 'out'].map((each) => [`${each}.weight`, [44, 44]])),
    'norm2.weight': [44],
    'gating.weight': [44, 41],
    'up.weight': [44, 41],
    'down.weight': [41, 44],
    'norm.weight': [44],
    ...rows('head', 19, 44),
  }),
];

function draft(twin: Twin, seed: number, inputs: Shapes, tokens: number, parameters: Shapes): Draft {
  const random = generator(seed);
  const drawn = Object.entries(parameters).map(([name, shape]) => [name, parameter(name, shape, random)] as const);
  const given = Object.entries(inputs).map(([name, shape]) => [name, input(name, shape, tokens, random)] as const);
  return { twin, inputs: Object.fromEntries(given) satisfies Numbers, parameters: Object.fromEntries(drawn) };
}

/** Tokens unless they are numbers: then those of a state, or a mask that leaves seven in ten. */
function input(name: string, shape: readonly number[], tokens: number, random: () => number): Tensor {
  const length = sizeOf(shape);
  const real = name === 'mask' || name === 'initial' || shape.length > 2;
  if (!real) {
    const data = BigInt64Array.from({ length }, () => BigInt(Math.floor(tokens * random())));
    return { dtype: 'int64', shape, data };
  }
  const drawn = name === 'mask' ? () => (random() < 0.7 ? 1 : 0) : () => 2 * random() - 1;
  return { dtype: 'float32', shape, data: Float32Array.from({ length }, drawn) };
}

/** Weights by the number of terms that they are summed with; nothing is 0 or 1, so that leaving it out shows. */
function parameter(name: string, shape: readonly number[], random: () => number): Tensor {
  const data = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const even = 2 * random() - 1;
    // Scores of the second block's first head are far from 0: their exponentials, as they are, no float32 holds.
    if (name === 'b2.qkv.bias' && i < 11) return 4 + even / 2;
    if (name === 'b2.qkv.bias' && i >= 22 && i < 33) return 9 + even / 2;
    if (name.endsWith('bias')) return even / 2;
    if (shape.length === 1) return 1.25 + even / 2;
    if (name.startsWith('tokens') || name.startsWith('embedded')) return even;
    const outputsFirst = shape.length === 3 || name === 'head.weight';
    return 2 * even * Math.sqrt(3 / shape[outputsFirst ? shape.length - 1 : 0]!);
  });
  return { dtype: 'float32', shape, data };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Numbers in [0, 1): a linear congruential generator, Numerical Recipes' constants. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
