import { type Conv, conv2d, conv2dBackward, convSize } from '../../layers/conv2d.ts';
import { get, image, type Layer, zeros } from '../layer.ts';

/** What most of these networks have. */
export const SAME: Conv = { stride: 1, padding: 1, dilation: 1, groups: 1 };

/** Parameters are called after their layer: conv1.weight [O, C / groups, K, L], conv1.bias [O]. */
export function convolution(name: string, conv: Conv = SAME, bias = true, inputs?: readonly string[]): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    ...(inputs ? { inputs } : {}),
    parameters: bias ? [w, b] : [w],
    op: { type: 'Conv', attributes: attributesOf(conv) },
    forward({ input: x, parameters }) {
      const weight = get(parameters, w);
      const [[B, C, H, W], [O, , K, L]] = [image(x), image(weight)];
      const shape = [B, O, convSize(H, K, conv), convSize(W, L, conv)] as const;
      const out = new Float32Array(B * O * shape[2] * shape[3]);
      conv2d(out, x.data, weight.data, bias ? get(parameters, b).data : null, B, C, H, W, O, K, L, conv);
      return { data: out, shape };
    },
    backward({ input: x, parameters, gradient }) {
      const weight = get(parameters, w);
      const [[B, C, H, W], [O, , K, L]] = [image(x), image(weight)];
      const [dx, dweight, dbias] = [zeros(x), zeros(weight), bias ? new Float32Array(O) : null];
      conv2dBackward(dx, dweight, dbias, gradient, x.data, weight.data, B, C, H, W, O, K, L, conv);
      return { inputs: [dx], parameters: { [w]: dweight, ...(dbias ? { [b]: dbias } : {}) } };
    },
  };
}

const attributesOf = ({ stride, padding, dilation, groups }: Conv) => ({
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
  dilations: [dilation, dilation],
  group: groups,
});
