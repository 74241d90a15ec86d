import { describe, expect, it } from '@jest/globals';
import { chooseBackends, WRONG_KERNELS } from '../../../adapters/tfjs/backends.ts';
import { loadTfjs } from '../../../adapters/tfjs/index.ts';
import { tf } from './_kit.ts';

type Tensor = ReturnType<typeof tf.tensor>;

/** A gradient that TensorFlow.js 4.22 gets wrong, and the same function by other operators, which it gets right. */
interface Fault {
  readonly backends: readonly string[];
  /** The kernel that is hidden, or null where the layer is run by its description. */
  readonly kernel: string | null;
  readonly shape: readonly number[];
  wrong(x: Tensor): Tensor;
}

const pool3d = (x: Tensor): Tensor => tf.maxPool3d(x as never, [1, 2, 3], 1, 'valid');
const conv3d = (x: Tensor): Tensor => tf.conv3d(x as never, filter([2, 2, 2, 2, 3]) as never, 1, 'valid');

const FAULTS: Record<string, Fault> = {
  'MaxPoolGrad, window 1 × 3': {
    backends: ['wasm'],
    kernel: 'MaxPoolGrad',
    shape: [1, 5, 7, 2],
    wrong: (x) => tf.maxPool(x as never, [1, 3], [1, 2], 'valid'),
  },
  'MaxPool3DGrad, window 1 × 2 × 3': {
    backends: ['cpu'],
    kernel: 'MaxPool3DGrad',
    shape: [1, 3, 5, 7, 2],
    wrong: pool3d,
  },
  Conv3DBackpropInputV2: { backends: ['wasm'], kernel: 'Conv3DBackpropInputV2', shape: [1, 5, 4, 6, 2], wrong: conv3d },
  'AvgPoolGrad with padding': {
    backends: ['wasm', 'cpu'],
    kernel: null,
    shape: [1, 5, 7, 2],
    wrong: (x) => tf.avgPool(x as never, 3, 2, 'same'),
  },
  'Cumsum over an axis that is not the last': {
    backends: ['cpu'],
    kernel: null,
    shape: [3, 3, 3],
    wrong: (x) => tf.cumsum(x, 0),
  },
};

function filter(shape: readonly number[]): Tensor {
  return wave(shape, 5);
}

/** Numbers no two of which are near each other. */
function wave(shape: readonly number[], phase: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + phase + i * 2.399963)),
    [...shape],
  );
}

/** The largest error of a gradient against central differences, relative to the largest derivative. */
function errorOf(f: (x: Tensor) => Tensor, x: Tensor): number {
  const y = f(x);
  const cotangent = wave(y.shape, 3);
  const gradient = tf
    .grad((v: Tensor) => f(v))(x, cotangent)
    .dataSync();
  const at = x.dataSync();
  const value = (data: Float32Array): number => {
    const [out, dy] = [f(tf.tensor(data, x.shape)).dataSync(), cotangent.dataSync()];
    return Array.from(out).reduce((sum, v, i) => sum + v * (dy[i] as number), 0);
  };
  const step = 2 ** -8;
  let [error, scale] = [0, 0];
  for (let i = 0; i < at.length; i++) {
    const moved = (by: number): Float32Array => Float32Array.from(at, (v, k) => (k === i ? v + by : v));
    const slope = (value(moved(step)) - value(moved(-step))) / (2 * step);
    error = Math.max(error, Math.abs(slope - (gradient[i] as number)));
    scale = Math.max(scale, Math.abs(slope));
  }
  return error / scale;
}

describe('faults of TensorFlow.js, against differences of its own forward pass', () => {
  const rows = Object.entries(FAULTS).flatMap(([name, fault]) =>
    fault.backends.map((backend) => ({ name, backend, ...fault })),
  );
  it.each(rows)('$name on $backend: its gradient is wrong', async ({ backend, shape, wrong }) => {
    await tf.setBackend(backend);
    expect(errorOf(wrong, wave(shape, 0))).toBeGreaterThan(0.05);
  });

  it.each(rows.filter(({ kernel }) => kernel !== null))(
    '$name: without it, another backend gives the right one, and the kernel is put back',
    async ({ backend, kernel, shape, wrong }) => {
      const backends = chooseBackends(await loadTfjs(), backend);
      expect(WRONG_KERNELS[backend]).toContain(kernel);
      const before = tf.getKernel(kernel as string, backend);
      await tf.setBackend('cpu');
      const error = backends.run('test', 'backward', () => errorOf(wrong, wave(shape, 0)));
      expect(error).toBeLessThan(0.01);
      expect(tf.getKernel(kernel as string, backend)).toBe(before);
      expect(tf.getBackend()).toBe('cpu');
      expect(backends.told()).toMatch(/backend (cpu|wasm)/);
    },
  );
});
