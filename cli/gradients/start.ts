import { LayerdiffError } from '../../harness/errors.ts';
import type { Weights } from '../../harness/checks/oracle-objective.ts';
import { findLoss } from '../../harness/loss.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
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
 * @param valueOf an output's elements, where they are known: what is infinite, or masked to nearly that, gets a cotangent of 0
 * @throws E_LOSS where the named one is no scalar, or no output is a float
 */
export function startOf(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  named: string | null,
  valueOf: (name: string) => Float64Array | null = () => null,
): Start {
  const loss = findLoss(graph, types, named);
  if (loss !== null) return { loss, weights: new Map([[loss, Float64Array.of(1)]]), seeds: new Map() };
  const outputs = graph.outputs.flatMap(({ name }) => {
    const type = types.get(name);
    return type !== undefined && isFloat(type.dtype) ? [[name, type] as const] : [];
  });
  if (outputs.length === 0) throw noStart(graph);
  const weights = new Map<string, Float64Array>();
  const seeds = new Map<string, TensorSource>();
  for (const [name, { shape, dtype }] of outputs) {
    const [draw, value] = [normal(seedOf(name, 1)), valueOf(name)];
    const dy = Float64Array.from({ length: sizeOf(shape) }, () => draw());
    const drawn = value === null ? dy : dy.map((d, i) => (Math.abs(value[i] as number) < MASKED ? d : 0));
    // What the type cannot hold is not what the reference is given.
    const seed = fromNumbers(dtype, shape, drawn);
    weights.set(name, toNumbers(seed));
    seeds.set(name, sourceOf(seed));
  }
  return { loss: null, weights, seeds };
}

/** Attention masks are infinite, or as near to it as a type goes. */
const MASKED = 1e30;

function noStart({ outputs }: Graph): LayerdiffError {
  const names = outputs.map(({ name }) => name).join(', ');
  const reason = 'the model has no scalar loss, and no output of floats that a gradient could start from';
  return new LayerdiffError('E_LOSS', names, reason, 'Name a scalar tensor with --loss.');
}
