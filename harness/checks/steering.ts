import type { Graph } from '../types/graph.ts';

/** Float inputs by slot that steer an operator and are no numbers of the network: sizes, ratios, coordinates of a crop. */
const STEERING: Readonly<Record<string, readonly number[]>> = {
  Dropout: [1],
  NonMaxSuppression: [3, 4],
  OneHot: [0, 1],
  QuantizeLinear: [1],
  Resize: [1, 2],
  Upsample: [1],
};

/** Tensors that steer, each with the operator that they do. Moved a little they change shapes, or nothing. */
export function steeringOf({ nodes }: Graph): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { op, domain, inputs } of nodes) {
    for (const slot of domain === '' ? (STEERING[op] ?? []) : []) if (inputs[slot]) found.set(inputs[slot], op);
  }
  return found;
}
