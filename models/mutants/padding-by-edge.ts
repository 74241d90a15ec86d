import type { NetworkTensor } from '../../adapters/network/index.ts';
import { SAME } from '../nets/blocks/convolution.ts';
import { image } from '../nets/layer.ts';
import { withConvolution } from './_convolution.ts';
import { CONVOLUTION } from './_layers.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The border is padded with its own outermost pixels. */
export const paddingByEdge: readonly Mutant[] = inLayers(
  { id: 'padding-by-edge', cause: 'conv.padding-mode', wrong: 'output' },
  CONVOLUTION,
  (network, layer) => withConvolution(network, layer, { ...SAME, padding: 0 }, edged),
);

/** One more row and column on each side, each pixel as the nearest one inside. */
function edged(x: NetworkTensor): NetworkTensor {
  const [B, C, H, W] = image(x);
  const inside = (i: number, size: number) => Math.min(size - 1, Math.max(0, i - 1));
  const data = new Float32Array(B * C * (H + 2) * (W + 2)).map((_, at) => {
    const [w, h, plane] = [at % (W + 2), Math.floor(at / (W + 2)) % (H + 2), Math.floor(at / ((W + 2) * (H + 2)))];
    return x.data[(plane * H + inside(h, H)) * W + inside(w, W)]!;
  });
  return { data, shape: [B, C, H + 2, W + 2] };
}
