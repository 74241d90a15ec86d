import { operators } from '../../../../harness/oracle/ops/_list.ts';
import { keyOf } from '../../../../harness/oracle/registry.ts';
import type { Operator, Value } from '../../../../harness/types/oracle.ts';
import { dot, forward, random, type Trial, vjp } from './_vjp-laws.ts';

/** An operator by its name, `com.microsoft.Gelu` outside ai.onnx. */
export function named(name: string): Operator {
  const found = operators.find((operator) => keyOf(operator.domain, operator.op) === name);
  if (!found) throw new Error(`no operator ${name}`);
  return found;
}

/** A trial of an operator by its name. */
export const trial = (name: string, inputs: Trial['inputs'], rest: Omit<Trial, 'operator' | 'inputs'> = {}): Trial => ({
  operator: named(name),
  inputs,
  ...rest,
});

export const f = (shape: readonly number[], seed: number, low?: number, high?: number): Value =>
  random(shape, seed, low, high);

/** |⟨dy, L x⟩ − ⟨Lᵀ dy, x⟩| relative to its size, for an operator that is linear in input `i`. */
export function adjointGap(each: Trial, i = 0): number {
  const outputs = forward(each);
  const seeds = outputs.map((y, k) => (y?.dtype === 'float32' ? random(y.shape, 991 + k) : undefined));
  const left = outputs.reduce((sum, y, k) => sum + dot(seeds[k]?.data, y?.data), 0);
  const right = dot(vjp(each, seeds)[i]!.value.data, each.inputs[i]!.data);
  return Math.abs(left - right) / (1 + Math.abs(left));
}
