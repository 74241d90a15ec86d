import {
  type ConvTranspose,
  convTranspose2d,
  convTranspose2dBackward,
  convTransposeSize,
} from '../../layers/conv-transpose2d.ts';
import { get, image, type Layer, zeros } from '../layer.ts';

/** Parameters are called after their layer: up.weight [C, O / groups, K, L], up.bias [O]. */
export function transposedConvolution(name: string, conv: ConvTranspose): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  const sizes = (x: Parameters<typeof image>[0], weight: typeof x) => {
    const [[B, C, H, W], [, N, K, L]] = [image(x), image(weight)];
    return [B, C, H, W, N * conv.groups, K, L] as const;
  };
  return {
    name,
    parameters: [w, b],
    op: { type: 'ConvTranspose', attributes: attributesOf(conv) },
    forward({ input: x, parameters }) {
      const weight = get(parameters, w);
      const [B, C, H, W, O, K, L] = sizes(x, weight);
      const shape = [B, O, convTransposeSize(H, K, conv), convTransposeSize(W, L, conv)] as const;
      const out = new Float32Array(B * O * shape[2] * shape[3]);
      convTranspose2d(out, x.data, weight.data, get(parameters, b).data, B, C, H, W, O, K, L, conv);
      return { data: out, shape };
    },
    backward({ input: x, parameters, gradient }) {
      const weight = get(parameters, w);
      const [B, C, H, W, O, K, L] = sizes(x, weight);
      const [dx, dweight, dbias] = [zeros(x), zeros(weight), new Float32Array(O)];
      convTranspose2dBackward(dx, dweight, dbias, gradient, x.data, weight.data, B, C, H, W, O, K, L, conv);
      return { inputs: [dx], parameters: { [w]: dweight, [b]: dbias } };
    },
  };
}

const attributesOf = ({ stride, padding, outputPadding, dilation, groups }: ConvTranspose) => ({
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  output_padding: [outputPadding, outputPadding],
  dilations: [dilation, dilation],
  group: groups,
});
