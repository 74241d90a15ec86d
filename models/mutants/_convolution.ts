import type { ForwardContext, Network, NetworkTensor, Operator } from '../../adapters/network/index.ts';
import { type Conv, conv2d, convSize } from '../layers/conv2d.ts';
import { image } from '../nets/layer.ts';
import { withOutput } from './_mutant.ts';

/** How a layer's convolution moves, by what it says of itself. */
export function convOf(network: Network, name: string): Conv {
  const op = network.layers?.find((layer) => layer.name === name)?.op as Operator;
  const { strides, pads, dilations, group } = op.attributes as Record<'strides' | 'pads' | 'dilations', number[]> & {
    group: number;
  };
  return { stride: strides[0]!, padding: pads[0]!, dilation: dilations[0]!, groups: group };
}

/** The network with a convolution that moves otherwise; of what it gives, as many rows and columns are kept as there should be. */
export function withConvolution(
  network: Network,
  name: string,
  conv: Conv,
  read: (x: NetworkTensor) => NetworkTensor = (x) => x,
): Network {
  return withOutput(network, name, (out, context, shape) => {
    const { data, shape: large } = convolved(read(context.input), name, conv, context);
    const [P, Q, rows, columns] = [shape[2]!, shape[3]!, large[2]!, large[3]!];
    for (let at = 0; at < out.length; at++) {
      const [q, p, plane] = [at % Q, Math.floor(at / Q) % P, Math.floor(at / (Q * P))];
      out[at] = data[(plane * rows + p) * columns + q]!;
    }
  });
}

function convolved(x: NetworkTensor, name: string, conv: Conv, { parameters }: ForwardContext): NetworkTensor {
  const weight = parameters[`${name}.weight`]!;
  // Some have no bias, and asking for one that is not there throws.
  const bias = `${name}.bias` in parameters ? parameters[`${name}.bias`]!.data : null;
  const [[B, C, H, W], [O, , K, L]] = [image(x), image(weight)];
  const shape = [B, O, convSize(H, K, conv), convSize(W, L, conv)] as const;
  const data = new Float32Array(B * O * shape[2] * shape[3]);
  conv2d(data, x.data, weight.data, bias, B, C, H, W, O, K, L, conv);
  return { data, shape };
}
