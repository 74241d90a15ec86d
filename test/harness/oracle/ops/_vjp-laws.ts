import { expect } from '@jest/globals';
import { float32, float64 } from '../../../../harness/oracle/arithmetic.ts';
import { sizeOf } from '../../../../harness/shape.ts';
import { isFloat } from '../../../../harness/tensor.ts';
import type { Attribute } from '../../../../harness/types/graph.ts';
import type { Arithmetic, Cotangent, Operator, OperatorContext, Value } from '../../../../harness/types/oracle.ts';
import type { DataType, Shape } from '../../../../harness/types/tensor.ts';

/** One node to try: an operator with its inputs and attributes. */
export interface Trial {
  readonly operator: Operator;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly opset?: number;
  /** How many outputs the node has; 1 unless said. */
  readonly outputs?: number;
  /** Inputs to differentiate; every float input unless said. */
  readonly wrt?: readonly number[];
  /** Outputs that get a cotangent; all float ones unless said. */
  readonly seeds?: readonly number[];
  readonly noise?: readonly number[];
}

export const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
export const floats = (...value: number[]): Attribute => ({ kind: 'floats', value: value.map(Math.fround) });
export const text = (value: string): Attribute => ({ kind: 'string', value });
export const texts = (...value: string[]): Attribute => ({ kind: 'strings', value });

/** Uniform numbers in [0, 1) from a seed (mulberry32). */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** float32 numbers between low and high. */
export function random(shape: Shape, seed: number, low = -1, high = 1): Value {
  const next = uniform(seed);
  const data = Float64Array.from({ length: sizeOf(shape) }, () => Math.fround(low + (high - low) * next()));
  return { dtype: 'float32', shape, data };
}

export const value = (dtype: DataType, shape: Shape, data: readonly number[]): Value => ({
  dtype,
  shape,
  data: Float64Array.from(data),
});

/** Runs the operator forward. */
export function forward(
  trial: Trial,
  arithmetic: Arithmetic = float64,
  inputs = trial.inputs,
): readonly (Value | undefined)[] {
  return trial.operator.forward(contextOf(trial, arithmetic), inputs);
}

/** Runs the vector-Jacobian product. */
export function vjp(
  trial: Trial,
  cotangents: readonly (Value | undefined)[],
  arithmetic: Arithmetic = float64,
): readonly (Cotangent | undefined)[] {
  const { inputs } = trial;
  return trial.operator.vjp!({
    ...contextOf(trial, arithmetic),
    inputs,
    outputs: forward(trial, arithmetic),
    cotangents,
    noise: trial.noise ?? inputs.map(() => 0),
    needs: inputs.map((input) => input !== undefined && isFloat(input.dtype)),
  });
}

/**
 * Holds the product against central differences of the operator's own float64 forward, along random directions and (small inputs)
 * along every element, with random cotangents; against linearity in the cotangent; and its float32 form against its float64 one.
 */
export function expectLawful(trial: Trial, seed = 1): void {
  const outputs = forward(trial);
  const seeded = trial.seeds ?? outputs.flatMap((output, i) => (output && isFloat(output.dtype) ? [i] : []));
  const cotangentsFrom = (start: number) =>
    outputs.map((output, i) => (output && seeded.includes(i) ? random(output.shape, start + i) : undefined));
  const [a, b] = [cotangentsFrom(seed * 100), cotangentsFrom(seed * 100 + 50)];
  const answers = vjp(trial, a);
  const wrt = trial.wrt ?? trial.inputs.flatMap((input, i) => (input && isFloat(input.dtype) ? [i] : []));
  expect(wrt.length).toBeGreaterThan(0);
  for (const i of wrt) {
    const answer = answers[i];
    expect([i, answer?.value.shape]).toEqual([i, trial.inputs[i]!.shape]);
    expect([i, worstAgainstDifferences(trial, i, answer!.value.data, a, seed) <= 1e-5]).toEqual([i, true]);
  }
  expectLinear(trial, wrt, a, b, answers);
  const naive = vjp(trial, a, float32);
  for (const i of wrt) {
    const [exact, single] = [answers[i]!.value.data, naive[i]!.value.data];
    expect([i, distance(single, exact) <= 1e-4 * (1e-3 + norm(exact))]).toEqual([i, true]);
  }
}

function expectLinear(
  trial: Trial,
  wrt: readonly number[],
  a: readonly (Value | undefined)[],
  b: readonly (Value | undefined)[],
  ofA: readonly (Cotangent | undefined)[],
): void {
  const ofB = vjp(trial, b);
  const mixed = a.map((seed, o) => seed && { ...seed, data: seed.data.map((x, k) => 2 * x - 3 * b[o]!.data[k]!) });
  const ofMixed = vjp(trial, mixed);
  for (const i of wrt) {
    const expected = ofA[i]!.value.data.map((x, k) => 2 * x - 3 * ofB[i]!.value.data[k]!);
    expect([i, distance(ofMixed[i]!.value.data, expected) <= 1e-9 * (1 + norm(expected))]).toEqual([i, true]);
  }
}

/** Largest |⟨dx, v⟩ − ⟨dy, (f(x + hv) − f(x − hv))/2h⟩| over directions v, relative to the size of dx. */
function worstAgainstDifferences(
  trial: Trial,
  input: number,
  dx: Float64Array,
  cotangents: readonly (Value | undefined)[],
  seed: number,
): number {
  const x = trial.inputs[input]!;
  const h = 1e-6;
  const along = (v: Float64Array): number => {
    const value = (sign: number): number => {
      const moved = { ...x, data: x.data.map((element, k) => element + sign * h * v[k]!) };
      const inputs = trial.inputs.map((each, i) => (i === input ? moved : each));
      return forward(trial, float64, inputs).reduce((sum, y, o) => sum + dot(cotangents[o]?.data, y?.data), 0);
    };
    return Math.abs((value(1) - value(-1)) / (2 * h) - dot(dx, v));
  };
  let worst = 0;
  for (let d = 0; d < 3; d++) worst = Math.max(worst, along(random(x.shape, seed * 1000 + input * 10 + d).data));
  if (x.data.length <= 80) {
    for (let k = 0; k < x.data.length; k++) worst = Math.max(worst, along(x.data.map((_, j) => (j === k ? 1 : 0))));
  }
  return worst / (1 + norm(dx));
}

function contextOf(
  { operator, attributes = {}, opset = 21, outputs = 1, inputs }: Trial,
  arithmetic: Arithmetic,
): OperatorContext {
  const names = (count: number, letter: string) => Array.from({ length: count }, (_, i) => `${letter}${i}`);
  const node = {
    name: `${operator.op} under test`,
    op: operator.op,
    domain: operator.domain ?? '',
    inputs: names(inputs.length, 'x'),
    outputs: names(outputs, 'y'),
    attributes,
  };
  const run = () => {
    throw new Error('no sub-graphs here');
  };
  return { node, attributes, opset, arithmetic, run };
}

export function dot(a: Float64Array | undefined, b: Float64Array | undefined): number {
  let sum = 0;
  for (let i = 0; i < (a?.length ?? 0); i++) sum += a![i]! * b![i]!;
  return sum;
}

export const norm = (a: Float64Array): number => Math.sqrt(dot(a, a));
export const distance = (a: Float64Array, b: Float64Array): number => norm(a.map((x, i) => x - b[i]!));
