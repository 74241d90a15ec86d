import { readsOf, wire, type Wiring } from '../graph.ts';
import { createOracle, toTensor, type Value } from '../oracle/index.ts';
import { fromNumbers, isFloat, sourceOf } from '../tensor.ts';
import type { Graph } from '../types/graph.ts';
import type { Oracle } from '../types/oracle.ts';
import type { Shape, TensorSource } from '../types/tensor.ts';
import type { Objective } from './gradient-check.ts';

/** What the objective is made of: Σ ⟨weight, tensor⟩. A scalar loss has the weight 1. */
export type Weights = ReadonlyMap<string, Float64Array>;

/** Round-off of a float64 evaluation, relative to the sum of its terms' magnitudes. */
const ROUND_OFF = 2 ** -48;

/**
 * Σ ⟨weight, tensor⟩ in float64, by the oracle. Where one tensor is moved, only what depends on it is computed again: the graph is cut at
 * what does not.
 * @throws E_UNSUPPORTED where an operator on the way is not implemented
 */
export function oracleObjective(graph: Graph, inputs: ReadonlyMap<string, TensorSource>, weights: Weights): Objective {
  const nothing = new Map<string, TensorSource>();
  const request = { inputs, values: nothing, gradients: nothing, loss: null };
  const base = createOracle(graph, request);
  const wiring = wire(graph);
  const held = new Map<string, ReadonlyMap<string, TensorSource>>();
  const [value, size] = sum(weights, base);
  return {
    value,
    noise: ROUND_OFF * size,
    at(tensor, moved) {
      const around = held.get(tensor) ?? surroundings(wiring, tensor, base);
      held.set(tensor, around);
      const { shape } = base.value(tensor).r64;
      const values = new Map([...around, [tensor, float64(shape, moved)]]);
      return sum(weights, createOracle(graph, { ...request, values }))[0];
    },
  };
}

/** Σ ⟨weight, tensor⟩ and Σ |weight · tensor|. Elements of weight 0 may be infinite. */
function sum(weights: Weights, oracle: Oracle): [number, number] {
  let [total, size] = [0, 0];
  for (const [name, weight] of weights) {
    const { data } = oracle.value(name).r64;
    for (let i = 0; i < data.length; i++) {
      if (weight[i] === 0) continue;
      total += (weight[i] as number) * (data[i] as number);
      size += Math.abs((weight[i] as number) * (data[i] as number));
    }
  }
  return [total, size];
}

const float64 = (shape: Shape, data: Float64Array): TensorSource => sourceOf(fromNumbers('float64', shape, data));

/** Values of the tensors that what depends on `tensor` reads, and that do not depend on it. */
function surroundings({ graph, producer }: Wiring, tensor: string, base: Oracle): ReadonlyMap<string, TensorSource> {
  const moving = new Set([tensor]);
  const read = new Set<string>();
  for (const node of graph.nodes) {
    const names = readsOf(node);
    if (!names.some((name) => moving.has(name))) continue;
    for (const output of node.outputs) moving.add(output);
    for (const name of names) read.add(name);
  }
  const still = [...read].filter((name) => !moving.has(name) && producer.has(name));
  return new Map(still.flatMap((name) => held(name, base.value(name).r64)));
}

/** With every digit; a sequence of tensors cannot be cut, and is computed again. */
function held(name: string, value: Value): [string, TensorSource][] {
  if (value.elements !== undefined) return [];
  return [[name, sourceOf(toTensor(value, isFloat(value.dtype) ? 'float64' : value.dtype))]];
}
