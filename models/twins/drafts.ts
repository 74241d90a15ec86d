import type { Tensor } from '../../harness/types/tensor.ts';
import { autoencoder } from './autoencoder.ts';
import { mobilenet } from './mobilenet.ts';
import type { Twin } from './twin.ts';
import { unet } from './unet.ts';

/** A twin whose model is written from what its layers say they are: `node scripts/twins.mjs`. */
export interface Draft {
  readonly twin: Twin;
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly parameters: Readonly<Record<string, Tensor>>;
}

type Shapes = Readonly<Record<string, readonly number[]>>;

/** A convolution's weight and bias. */
const conv = (name: string, ...weight: readonly number[]): Shapes => ({
  [`${name}.weight`]: weight,
  [`${name}.bias`]: [weight[0]!],
});
const norm = (name: string, channels: number, ...of: readonly string[]): Shapes =>
  Object.fromEntries(['weight', 'bias', ...of].map((each) => [`${name}.${each}`, [channels]]));
const RUNNING = ['running_mean', 'running_var'];

export const drafts: readonly Draft[] = [
  draft(unet, 20_241_101, { input: [3, 5, 13, 17], target: [3, 1, 13, 17] }, null, {
    ...conv('d1.conv', 7, 5, 3, 3),
    ...norm('d1.norm', 7),
    ...conv('d2.conv', 11, 7, 3, 3),
    ...norm('d2.norm', 11, ...RUNNING),
    ...conv('mid.conv', 19, 11, 3, 3),
    ...conv('u2.conv', 10, 30, 3, 3),
    ...norm('u2.norm', 10),
    ...conv('out.conv', 1, 17, 3, 3),
  }),
  draft(mobilenet, 20_241_103, { input: [5, 3, 11, 13] }, 19, {
    ...conv('stem', 7, 3, 3, 3),
    'b1.expand.weight': [17, 7, 1, 1],
    ...norm('b1.bn', 17, ...RUNNING),
    ...conv('b1.dw', 17, 1, 3, 3),
    ...conv('b1.se.fc1', 4, 17, 1, 1),
    ...conv('b1.se.fc2', 17, 4, 1, 1),
    ...conv('b1.project', 7, 17, 1, 1),
    ...conv('b2.dw', 14, 1, 3, 3),
    ...conv('b2.mix', 22, 7, 1, 1),
    ...conv('head', 19, 22),
  }),
  draft(autoencoder, 20_241_105, { input: [3, 7, 13, 17], target: [3, 7, 17, 19] }, null, {
    ...conv('e1.conv', 5, 7, 3, 3),
    'e1.act.slope': [5, 1, 1],
    ...conv('e2.conv', 10, 5, 3, 3),
    'd1.up.weight': [10, 7, 3, 3],
    'd1.up.bias': [14],
    'd2.up.weight': [14, 7, 5, 3],
    'd2.up.bias': [7],
  }),
];

function draft(twin: Twin, seed: number, inputs: Shapes, classes: number | null, parameters: Shapes): Draft {
  const random = generator(seed);
  const filled = (shapes: Shapes, fill: (name: string, shape: readonly number[]) => number) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]): [string, Tensor] => {
        const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => fill(name, shape));
        return [name, { dtype: 'float32', shape, data }];
      }),
    );
  const drawn = filled(parameters, (name, shape) => numberFor(name, shape, random));
  const given = filled(inputs, random);
  if (classes === null) return { twin, inputs: given, parameters: drawn };
  const B = inputs['input']![0]!;
  const data = BigInt64Array.from({ length: B }, () => BigInt(Math.floor(classes * random())));
  return { twin, inputs: { ...given, target: { dtype: 'int64', shape: [B], data } }, parameters: drawn };
}

/** Weights by the number of terms that they are summed with; nothing is 0 or 1, so that leaving it out shows. */
function numberFor(name: string, shape: readonly number[], random: () => number): number {
  const even = 2 * random() - 1;
  if (name.endsWith('running_var')) return 1.5 + even;
  if (name.endsWith('running_mean')) return even / 2;
  if (name.endsWith('slope')) return 0.25 + even / 8;
  // Channels far from 0, which only a variance taken around the mean survives.
  if (name === 'd2.conv.bias') return 90 + 60 * even;
  // A bottleneck that is not dead.
  if (name === 'b1.se.fc1.bias') return 0.75 + even / 2;
  // Beyond what is cut off at 6.
  if (name === 'b1.dw.weight' || name === 'b2.dw.weight') return 6 * even;
  if (shape.length === 1) return name.endsWith('weight') ? 1.25 + even / 2 : even / 2;
  return 2 * even * Math.sqrt(3 / shape.slice(1).reduce((a, b) => a * b, 1));
}

/** Numbers in [0, 1): a linear congruential generator, Numerical Recipes' constants. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
