import type { BackwardContext, ForwardContext, Layer, Network, NetworkTensor } from '../../adapters/network/index.ts';
import { image } from '../nets/layer.ts';

/** A way to add up many terms in float32. All are right; no two round alike. */
export type Sum = (terms: readonly number[]) => number;

const inTurn: Sum = (terms) => terms.reduce((sum, x) => Math.fround(sum + x), 0);

/** Orders of summation that correct implementations have. */
export const sums: Readonly<Record<string, Sum>> = {
  'one float32 accumulator': inTurn,
  'from the last to the first': (terms) => inTurn(terms.toReversed()),
  'eight lanes': (terms) =>
    inTurn([0, 1, 2, 3, 4, 5, 6, 7].map((lane) => inTurn(terms.filter((_, i) => i % 8 === lane)))),
  pairwise: function half(terms): number {
    if (terms.length < 3) return inTurn(terms);
    const middle = terms.length >> 1;
    return Math.fround(half(terms.slice(0, middle)) + half(terms.slice(middle)));
  },
  'blocks of sixteen': (terms) =>
    inTurn(Array.from({ length: Math.ceil(terms.length / 16) }, (_, i) => inTurn(terms.slice(16 * i, 16 * i + 16)))),
};

/** The network with every product of a weight, there and back, summed in another order. */
export function summed(network: Network, sum: Sum): Network {
  const layers = network.layers?.map((layer) => ({
    ...layer,
    async forward(context: ForwardContext) {
      const right = (await layer.forward(context)) as NetworkTensor;
      return weighted(layer, context) ? { ...right, data: forward(layer, context, right, sum) } : right;
    },
    async backward(context: BackwardContext) {
      const right = await layer.backward!(context);
      return weighted(layer, context) ? { ...right, ...backward(layer, context, sum) } : right;
    },
  }));
  return { ...network, ...(layers ? { layers } : {}) };
}

/** Linear layers and convolutions: a weight of two or four dimensions. */
function weighted({ name }: Layer, { parameters }: ForwardContext): boolean {
  return `${name}.weight` in parameters && parameters[`${name}.weight`]!.shape.length > 1;
}

function forward({ name }: Layer, { input, parameters }: ForwardContext, right: NetworkTensor, sum: Sum): Float32Array {
  const weight = parameters[`${name}.weight`]!;
  const bias = `${name}.bias` in parameters ? parameters[`${name}.bias`]!.data : null;
  const terms = lists(right.data.length);
  const plane = right.data.length / (right.shape[0]! * right.shape[1]!);
  if (bias) terms.forEach((list, y) => list.push(bias[Math.floor(y / plane) % bias.length]!));
  eachProduct(input, weight, right.shape, (y, from, tap) =>
    terms[y]!.push(Math.fround(input.data[from]! * weight.data[tap]!)),
  );
  return Float32Array.from(terms, sum);
}

function backward({ name }: Layer, { input, parameters, output, gradient }: BackwardContext, sum: Sum) {
  const weight = parameters[`${name}.weight`]!;
  const [dx, dweight] = [lists(input.data.length), lists(weight.data.length)];
  eachProduct(input, weight, output.shape, (y, from, tap) => {
    dx[from]!.push(Math.fround(weight.data[tap]! * gradient[y]!));
    dweight[tap]!.push(Math.fround(input.data[from]! * gradient[y]!));
  });
  const gradients: Record<string, Float32Array> = { [`${name}.weight`]: Float32Array.from(dweight, sum) };
  if (`${name}.bias` in parameters) {
    const dbias = lists(weight.shape[0]!);
    const plane = gradient.length / (output.shape[0]! * dbias.length);
    gradient.forEach((d, y) => dbias[Math.floor(y / plane) % dbias.length]!.push(d));
    gradients[`${name}.bias`] = Float32Array.from(dbias, sum);
  }
  return { inputs: [Float32Array.from(dx, sum)], parameters: gradients };
}

const lists = (length: number): number[][] => Array.from({ length }, () => []);

type Visit = (y: number, from: number, tap: number) => void;

/** Every product of a linear layer, or of a convolution with 3 × 3 taps and a border of one, or 1 × 1 and none. */
function eachProduct(x: NetworkTensor, weight: NetworkTensor, shape: readonly number[], visit: Visit): void {
  const four = (t: readonly number[]) => [...t, 1, 1].slice(0, 4);
  const [[B, C, H, W], [, , P, Q]] = [
    image({ ...x, shape: four(x.shape) }),
    four(shape) as [number, number, number, number],
  ];
  const [O, , K] = image({ ...weight, shape: four(weight.shape) });
  const [stride, padding] = [H / P, K >> 1];
  for (let y = 0; y < B * O * P * Q; y++) {
    const [q, p, o, b] = [y % Q, Math.floor(y / Q) % P, Math.floor(y / (Q * P)) % O, Math.floor(y / (Q * P * O))];
    for (let tap = 0; tap < C * K * K; tap++) {
      const [l, k, c] = [tap % K, Math.floor(tap / K) % K, Math.floor(tap / (K * K))];
      const [h, w] = [p * stride + k - padding, q * stride + l - padding];
      if (h >= 0 && h < H && w >= 0 && w < W) visit(y, ((b * C + c) * H + h) * W + w, o * C * K * K + tap);
    }
  }
}
