import type { Attributes } from '../../../../harness/types/graph.ts';
import type { Tensor } from '../../../../harness/types/tensor.ts';

/** How the elements of an input are drawn. */
export interface Drawn {
  readonly kind: 'drawn';
  readonly shape: readonly number[];
  /** Uniform between these. */
  readonly between: readonly [number, number];
  /** Draw a shuffled, evenly spaced grid instead: no two elements, and none and 0, are near each other. For operators with kinks and ties. */
  readonly apart?: boolean;
  /** Fed and variable, but its gradient is not asked for. */
  readonly silent?: boolean;
}

/** An input whose elements are given: a constant of the model, or (`fed`) a graph input without gradient. */
export interface Fixed {
  readonly kind: 'fixed';
  readonly tensor: Tensor;
  readonly fed?: boolean;
}

/** An input given in full, whose gradient is asked for. */
export interface Given {
  readonly kind: 'given';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** The same tensor as another input of the node. */
export interface Same {
  readonly kind: 'same';
  readonly as: number;
}

/** The optional input that is not there. */
export interface Absent {
  readonly kind: 'absent';
}

export type CaseInput = Drawn | Fixed | Given | Same | Absent;

/** One node, on inputs of which the rule is held against central differences. */
export interface GradientCase {
  readonly op: string;
  readonly domain?: string;
  /** What is special about it; with the operator it names the test. */
  readonly name: string;
  readonly inputs: readonly CaseInput[];
  readonly attributes?: Attributes;
  /** How many outputs the node has; 1 unless said. */
  readonly outputs?: number;
  /** Which outputs get a cotangent; all floats unless said. */
  readonly seeded?: readonly number[];
  /** float64 unless said: float32 where ONNX Runtime has no double kernel for the operator or for its gradient. */
  readonly dtype?: 'float64' | 'float32';
  /** 21 unless said. */
  readonly opset?: number;
}

/** Around 0, from −2 to 2. */
export const random = (...shape: number[]): Drawn => ({ kind: 'drawn', shape, between: [-2, 2] });
export const positive = (...shape: number[]): Drawn => ({ kind: 'drawn', shape, between: [0.5, 2] });
export const between = (low: number, high: number, ...shape: number[]): Drawn => ({
  kind: 'drawn',
  shape,
  between: [low, high],
});
/** No two elements are near each other, and none is near 0. */
export const apart = (...shape: number[]): Drawn => ({ kind: 'drawn', shape, between: [-2, 2], apart: true });
export const given = (shape: readonly number[], values: readonly number[]): Given => ({ kind: 'given', shape, values });
export const same = (as: number): Same => ({ kind: 'same', as });
export const absent: Absent = { kind: 'absent' };
/** A constant int64 of the model. */
export const whole = (shape: readonly number[], values: readonly number[]): Fixed => ({
  kind: 'fixed',
  tensor: { dtype: 'int64', shape, data: BigInt64Array.from(values, BigInt) },
});
/** An int64 graph input, as labels and indices are. */
export const fedWhole = (shape: readonly number[], values: readonly number[]): Fixed => ({
  ...whole(shape, values),
  fed: true,
});
export const mask = (shape: readonly number[], values: readonly number[]): Fixed => ({
  kind: 'fixed',
  tensor: { dtype: 'bool', shape, data: Uint8Array.from(values) },
});
