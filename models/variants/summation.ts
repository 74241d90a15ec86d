import type {
  BackwardContext,
  ForwardContext,
  Layer,
  Network,
  NetworkTensor,
  Operator,
} from '../../adapters/network/index.ts';

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

/** Convolutions and products with a weight: what these orders of summation are for. */
const PRODUCTS = ['Conv', 'ConvTranspose', 'Gemm', 'MatMul'];

function weighted(layer: Layer, { parameters }: ForwardContext): boolean {
  return `${layer.name}.weight` in parameters && PRODUCTS.includes(operatorOf(layer).type);
}

/** A layer's product; a bias that is added behind it is the layer's. */
const operatorOf = ({ op }: Layer): Operator => ([op ?? []].flat()[0] as Operator | undefined) ?? { type: '' };

function forward(layer: Layer, { input, parameters }: ForwardContext, right: NetworkTensor, sum: Sum): Float32Array {
  const weight = parameters[`${layer.name}.weight`]!;
  const bias = biasOf(layer, parameters);
  const terms = lists(right.data.length);
  if (bias) terms.forEach((list, y) => list.push(bias[channelOf(layer, y, right.shape)]!));
  eachProduct(layer, input, weight, right.shape, (y, from, tap) =>
    terms[y]!.push(Math.fround(input.data[from]! * weight.data[tap]!)),
  );
  return Float32Array.from(terms, sum);
}

function backward(layer: Layer, { input, parameters, output, gradient }: BackwardContext, sum: Sum) {
  const weight = parameters[`${layer.name}.weight`]!;
  const [dx, dweight] = [lists(input.data.length), lists(weight.data.length)];
  eachProduct(layer, input, weight, output.shape, (y, from, tap) => {
    dx[from]!.push(Math.fround(weight.data[tap]! * gradient[y]!));
    dweight[tap]!.push(Math.fround(input.data[from]! * gradient[y]!));
  });
  const gradients: Record<string, Float32Array> = { [`${layer.name}.weight`]: Float32Array.from(dweight, sum) };
  const bias = biasOf(layer, parameters);
  if (bias) {
    const dbias = lists(bias.length);
    gradient.forEach((d, y) => dbias[channelOf(layer, y, output.shape)]!.push(d));
    gradients[`${layer.name}.bias`] = Float32Array.from(dbias, sum);
  }
  return { inputs: [Float32Array.from(dx, sum)], parameters: gradients };
}

const biasOf = ({ name }: Layer, parameters: ForwardContext['parameters']): Float32Array | null =>
  `${name}.bias` in parameters ? parameters[`${name}.bias`]!.data : null;

/** The channel of an output: the second axis of an image, the last of anything else. */
function channelOf(layer: Layer, y: number, shape: readonly number[]): number {
  if (!operatorOf(layer).type.startsWith('Conv')) return y % shape[shape.length - 1]!;
  return Math.floor(y / (shape[2]! * shape[3]!)) % shape[1]!;
}

const lists = (length: number): number[][] => Array.from({ length }, () => []);

type Visit = (y: number, from: number, tap: number) => void;

/** Every product of a layer, by what the layer says of itself. */
function eachProduct(
  layer: Layer,
  x: NetworkTensor,
  weight: NetworkTensor,
  shape: readonly number[],
  visit: Visit,
): void {
  const { type, attributes = {} } = operatorOf(layer);
  if (!type.startsWith('Conv')) return eachPair(x, weight, attributes['transB'] === 1, visit);
  const list = (name: string): number => (attributes[name] as readonly number[])[0]!;
  const groups = attributes['group'] as number;
  const moves: Moves = { stride: list('strides'), padding: list('pads'), dilation: list('dilations'), groups };
  // Of a transposed convolution the output is the side that the windows lie on.
  if (type === 'Conv') eachTap(x.shape, weight.shape, shape, moves, visit);
  else eachTap(shape, weight.shape, x.shape, moves, (y, from, tap) => visit(from, y, tap));
}

/** Rows of x with a weight [I, O], or [O, I] where it is transposed. */
function eachPair(x: NetworkTensor, { data, shape }: NetworkTensor, transposed: boolean, visit: Visit): void {
  const I = shape[transposed ? 1 : 0]!;
  const O = data.length / I;
  for (let y = 0; y < (x.data.length / I) * O; y++) {
    const [o, row] = [y % O, Math.floor(y / O)];
    for (let i = 0; i < I; i++) visit(y, row * I + i, transposed ? o * I + i : i * O + o);
  }
}

interface Moves {
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
  readonly groups: number;
}

/** The products of windows over `wide` that give `narrow`. */
function eachTap(
  wide: readonly number[],
  weight: readonly number[],
  narrow: readonly number[],
  { stride, padding, dilation, groups }: Moves,
  visit: Visit,
): void {
  type Four = readonly [number, number, number, number];
  const [[B, C, H, W], [, O, P, Q], [, , K, L]] = [wide as Four, narrow as Four, weight as Four];
  const [G, N] = [C / groups, O / groups];
  for (let y = 0; y < B * O * P * Q; y++) {
    const [q, p, o, b] = [y % Q, Math.floor(y / Q) % P, Math.floor(y / (Q * P)) % O, Math.floor(y / (Q * P * O))];
    for (let tap = 0; tap < G * K * L; tap++) {
      const [l, k, c] = [tap % L, Math.floor(tap / L) % K, Math.floor(tap / (K * L))];
      const [h, w] = [p * stride + k * dilation - padding, q * stride + l * dilation - padding];
      if (h < 0 || h >= H || w < 0 || w >= W) continue;
      visit(y, ((b * C + Math.floor(o / N) * G + c) * H + h) * W + w, o * G * K * L + tap);
    }
  }
}
