import type { Network, NetworkTensor } from '../../adapters/network/index.ts';
import { image } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';

/** The image with its channels in another order: channel c is what `from(c)` was. */
export function channelsFrom(x: NetworkTensor, from: (c: number, C: number) => number): NetworkTensor {
  const [, C, H, W] = image(x);
  const plane = H * W;
  const data = x.data.map((_, at) => {
    const c = Math.floor(at / plane) % C;
    return x.data[at + (from(c, C) - c) * plane]!;
  });
  return { data, shape: x.shape };
}

/** The network with an activation that is another function of each element. */
export function withFunction(network: Network, name: string, f: (x: number) => number): Network {
  return withOutput(network, name, (out, { input }) => {
    input.data.forEach((x, i) => (out[i] = f(x)));
  });
}
