import { normal } from '../../harness/numerics/random.ts';
import { float32 } from '../../harness/tensor.ts';
import type { Shape, Tensor } from '../../harness/types/tensor.ts';

/** Normal numbers, the same for the same seed. */
export function random(shape: Shape, seed: number, mean = 0, deviation = 1): Tensor {
  const next = normal(seed);
  const size = shape.reduce((n, d) => n * d, 1);
  return float32(
    shape,
    Array.from({ length: size }, () => mean + deviation * next()),
  );
}
