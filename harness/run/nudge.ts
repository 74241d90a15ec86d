import { spacing } from '../metrics/ulp.ts';
import { uniform } from '../numerics/random.ts';
import { toNumbers } from '../tensor.ts';
import type { ReplayRequest } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { DataType, TensorSource } from '../types/tensor.ts';
import type { ReplayPlan } from '../stages/4-replay.ts';

/**
 * What the subject may have had before it stored it in a narrower type: every element recorded so, moved at random within half the distance
 * to the next number of that type. No element changes its sign or passes its neighbour, so no kink or tie is crossed that was not at one.
 */
export function nudged(
  request: ReplayRequest,
  coarse: ReplayPlan['coarse'],
  graph: Graph,
  seed: number,
): ReplayRequest {
  const random = uniform(seed);
  const inputs = new Map(request.inputs);
  const values = new Map(request.values);
  const gradients = new Map(request.gradients);
  for (const [name, dtype] of coarse.values) {
    const input = request.inputs.get(name);
    const source = input ?? request.values.get(name) ?? graph.initializers.get(name);
    if (source !== undefined) (input === undefined ? values : inputs).set(name, moved(source, dtype, random, false));
  }
  for (const [name, dtype] of coarse.gradients) {
    const source = request.gradients.get(name);
    if (source !== undefined) gradients.set(name, moved(source, dtype, random, true));
  }
  return { ...request, inputs, values, gradients };
}

/** A value that is zero stays so: a mask may hang on it. A gradient may have been stored as zero because it was small. */
function moved(source: TensorSource, dtype: DataType, random: () => number, zeros: boolean): TensorSource {
  const { shape } = source;
  const data = toNumbers(source.read()).map((x) => {
    const free = Number.isFinite(x) && (zeros || x !== 0);
    return free ? x + spacing(x, dtype) * (random() - 0.5) : x;
  });
  return { dtype: 'float32', shape, read: () => ({ dtype: 'float32', shape, data }) };
}
