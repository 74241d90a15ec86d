import { LayerdiffError } from '../../harness/errors.ts';
import type { Weights } from '../../harness/checks/oracle-objective.ts';
import { findLoss } from '../../harness/loss.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf } from '../../harness/tensor.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';

/** Where a backward pass begins: at a scalar, or, without one, at outputs with random cotangents. */
export interface Start {
  readonly loss: string | null;
  /** Σ ⟨weight, tensor⟩ is what is differentiated. */
  readonly weights: Weights;
  /** The same as recorded gradients; empty where there is a loss. */
  readonly seeds: ReadonlyMap<string, TensorSource>;
}

/**
 * The loss of a model: the one named, or found by itself; a model without one gets a random cotangent for every float output (never ones:
 * of a softmax, or of anything normalised, these show nothing).
 * @throws E_LOSS where the named one is no scalar, or no output is a float
 */
export function startOf(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  named: string | null,
  dtypeOf: (type: TensorType) => TensorType['dtype'] = ({ dtype }) => dtype,
): Start {
  const loss = findLoss(graph, types, named);
  if (loss !== null) return { loss, weights: new Map([[loss, Float64Array.of(1)]]), seeds: new Map() };
  const outputs = graph.outputs.flatMap(({ name }) => {
    const type = types.get(name);
    return type !== undefined && isFloat(type.dtype) ? [[name, type] as const] : [];
  });
  if (outputs.length === 0) {
    const names = graph.outputs.map(({ name }) => name).join(', ');
    const reason = 'the model has no scalar loss, and no output of floats that a gradient could start from';
    throw new LayerdiffError('E_LOSS', names, reason, 'Name a scalar tensor with --loss.');
  }
  const weights = new Map(
    outputs.map(([name, { shape }]) => [name, Float64Array.from({ length: sizeOf(shape) }, normal(seedOf(name, 1)))]),
  );
  const seeds = new Map(
    outputs.map(([name, type]) => {
      const dy = weights.get(name) as Float64Array;
      return [name, sourceOf(fromNumbers(dtypeOf(type), type.shape, dy))];
    }),
  );
  return { loss: null, weights, seeds };
}
