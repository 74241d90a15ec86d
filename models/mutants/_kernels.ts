import type { NetworkTensor } from '../../adapters/network/index.ts';

/** The sizes of a weight [O, I] or [O, C, K, L], as [O, I, taps a kernel]. */
function sizesOf({ data, shape }: NetworkTensor): [O: number, I: number, taps: number] {
  const [O, I] = [shape[0]!, shape[1]!];
  return [O, I, data.length / (O * I)];
}

/** Each kernel in reverse: turned by half a circle. */
export function turned(weight: NetworkTensor): Float32Array {
  const [, , taps] = sizesOf(weight);
  return weight.data.map((_, at) => weight.data[at - (at % taps) + taps - 1 - (at % taps)]!);
}

/** Each kernel with its rows and columns exchanged. */
export function sideways(weight: NetworkTensor): Float32Array {
  const size = weight.shape[3]!;
  const taps = size * size;
  return weight.data.map((_, at) => {
    const [k, l] = [Math.floor((at % taps) / size), at % size];
    return weight.data[at - (at % taps) + l * size + k]!;
  });
}

/** Outputs and inputs exchanged: a transposition where there are as many of each, else the same memory read by columns. */
export function exchanged(weight: NetworkTensor): Float32Array {
  const [O, I, taps] = sizesOf(weight);
  return weight.data.map((_, at) => {
    const [o, i, tap] = [Math.floor(at / (I * taps)), Math.floor(at / taps) % I, at % taps];
    return weight.data[(i * O + o) * taps + tap]!;
  });
}

/** Memory that lies as [O, C, K, L], read as [K, L, C, O]. */
export function asChannelsLast(weight: NetworkTensor): Float32Array {
  const [O, C, taps] = sizesOf(weight);
  return weight.data.map((_, at) => {
    const [o, c, tap] = [Math.floor(at / (C * taps)), Math.floor(at / taps) % C, at % taps];
    return weight.data[(tap * C + c) * O + o]!;
  });
}
