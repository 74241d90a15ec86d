import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { TwinOptions } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/**
 * The twin's parameters: those given, else the network's own; in the type of its inputs, as ONNX's operators do not mix two; and drawn
 * where they are all 0.
 */
export function numbersFor(own: Sources, inputs: Sources, { parameters, draw = 0 }: TwinOptions): Sources {
  const dtype = [...inputs.values()].some((source) => source.dtype === 'float64') ? 'float64' : 'float32';
  return new Map(
    [...own, ...(parameters ?? [])].map(([name, source]) => {
      if (!isFloat(source.dtype)) return [name, source];
      const { shape } = source;
      const data = toNumbers(source.read());
      const numbers = draw !== null && data.every((x) => x === 0) ? drawn(name, shape, draw) : data;
      return [name, sourceOf(fromNumbers(dtype, shape, numbers))];
    }),
  );
}

/** Normal, of variance 1 / fan-in for a weight [out, …in], and of deviation 0.1 for a vector. */
function drawn(name: string, shape: readonly number[], seed: number): Float64Array {
  const next = normal(seedOf(name, seed));
  const deviation = shape.length < 2 ? 0.1 : 1 / Math.sqrt(sizeOf(shape.slice(1)));
  return Float64Array.from({ length: sizeOf(shape) }, () => deviation * next());
}
