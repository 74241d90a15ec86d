import { globalAveragePool, globalAveragePoolBackward } from '../../layers/global-average-pool.ts';
import { avgpool, avgpoolBackward, maxpool, maxpoolBackward, type Pool, poolSize } from '../../layers/pool.ts';
import { image, type Layer, zeros } from '../layer.ts';

/** Halves rows and columns. */
export const HALVES: Pool = { size: 2, stride: 2, padding: 0 };

const attributesOf = ({ size, stride, padding }: Pool) => ({
  kernel_shape: [size, size],
  strides: [stride, stride],
  pads: [padding, padding, padding, padding],
});

export function maxPooling(name: string, pool: Pool = HALVES): Layer {
  return {
    name,
    op: { type: 'MaxPool', attributes: attributesOf(pool) },
    forward({ input: x, saved }) {
      const [B, C, H, W] = image(x);
      const shape = [B, C, poolSize(H, pool), poolSize(W, pool)] as const;
      const out = new Float32Array(B * C * shape[2] * shape[3]);
      const argmax = zeros({ data: out, shape });
      maxpool(out, argmax, x.data, B, C, H, W, pool);
      saved['argmax'] = argmax;
      return { data: out, shape };
    },
    backward({ input: x, gradient, saved }) {
      const dx = zeros(x);
      maxpoolBackward(dx, gradient, saved['argmax']!);
      return { inputs: [dx] };
    },
  };
}

export function averagePooling(name: string, pool: Pool): Layer {
  return {
    name,
    op: {
      type: 'AveragePool',
      attributes: { ...attributesOf(pool), count_include_pad: pool.countsPadding ? 1 : 0 },
    },
    forward({ input: x }) {
      const [B, C, H, W] = image(x);
      const shape = [B, C, poolSize(H, pool), poolSize(W, pool)] as const;
      const out = new Float32Array(B * C * shape[2] * shape[3]);
      avgpool(out, x.data, B, C, H, W, pool);
      return { data: out, shape };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      avgpoolBackward(dx, gradient, ...image(x), pool);
      return { inputs: [dx] };
    },
  };
}

export function globalAveragePooling(name: string): Layer {
  return {
    name,
    op: { type: 'GlobalAveragePool' },
    forward({ input: x }) {
      const [B, C, H, W] = image(x);
      const out = new Float32Array(B * C);
      globalAveragePool(out, x.data, B, C, H, W);
      return { data: out, shape: [B, C, 1, 1] };
    },
    backward({ input: x, gradient }) {
      const dx = zeros(x);
      globalAveragePoolBackward(dx, gradient, ...image(x));
      return { inputs: [dx] };
    },
  };
}
