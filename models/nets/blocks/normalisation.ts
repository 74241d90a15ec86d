import { batchnorm, batchnormTrainingBackward, batchStatistics } from '../../layers/batchnorm.ts';
import { get, image, type Layer, zeros } from '../layer.ts';

/** PyTorch's, as float32 holds it. */
export const EPSILON = Math.fround(1e-5);

/** Batch normalisation in training. Parameters: bn1.weight [C], bn1.bias [C]. */
export function batchNormalisation(name: string): Layer {
  const [w, b] = [`${name}.weight`, `${name}.bias`];
  return {
    name,
    forward({ input: x, parameters, saved }) {
      const [B, C, H, W] = image(x);
      const [out, mean, rstd] = [zeros(x), new Float32Array(C), new Float32Array(C)];
      batchStatistics(mean, rstd, x.data, EPSILON, B, C, H, W);
      batchnorm(out, x.data, mean, rstd, get(parameters, w).data, get(parameters, b).data, B, C, H, W);
      Object.assign(saved, { mean, rstd });
      return { data: out, shape: x.shape };
    },
    backward({ input: x, parameters, saved, gradient }) {
      const [B, C, H, W] = image(x);
      const [dx, dw, db] = [zeros(x), new Float32Array(C), new Float32Array(C)];
      const [mean, rstd] = [saved['mean']!, saved['rstd']!];
      batchnormTrainingBackward(dx, dw, db, gradient, x.data, mean, rstd, get(parameters, w).data, B, C, H, W);
      return { inputs: [dx], parameters: { [w]: dw, [b]: db } };
    },
  };
}
