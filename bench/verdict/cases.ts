import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { normal, seedOf, uniform } from '../../harness/numerics/random.ts';
import { sizeOf } from '../../harness/shape.ts';
import { float32, fromNumbers, int64 } from '../../harness/tensor.ts';
import type { Attribute, Graph } from '../../harness/types/graph.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { Written } from './layers.ts';

/** One operator (or a few) with its inputs and, where there is one, the same layer written by hand. */
export interface Case {
  readonly name: string;
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Float inputs, in order: their gradients are compared. */
  readonly wants: readonly string[];
  readonly written: Written | null;
  readonly seed: number;
}

/** How the elements of an input are drawn: normal with a mean and a deviation, or uniform between two. */
type Draw = { mean?: number; deviation?: number } | { from: number; to: number };

/** An input: shape and draw, or the integers themselves. */
export type Input = { shape: readonly number[]; draw?: Draw } | { whole: readonly number[]; shape?: readonly number[] };

/** A case before its numbers are drawn. */
export interface Plan {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly build: (b: GraphBuilder, names: readonly string[]) => string;
  readonly written: Written | null;
  readonly opset: number;
}

export const int = (value: number): Attribute => ({ kind: 'int', value });
export const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
export const text = (value: string): Attribute => ({ kind: 'string', value });

/** The case with numbers of this seed. */
export function drawn(plan: Plan, seed: number): Case {
  const b = new GraphBuilder(plan.name, plan.opset);
  const feeds = new Map<string, Tensor>();
  plan.inputs.forEach((input, i) => {
    const tensor =
      'whole' in input
        ? int64(input.shape ?? [input.whole.length], input.whole)
        : random(input, seedOf(`${plan.name} ${i}`, seed));
    b.input(`x${i}`, tensor.dtype, tensor.shape);
    feeds.set(`x${i}`, tensor);
  });
  const y = plan.build(b, [...feeds.keys()]);
  b.output(y, 'float32', null);
  const wants = [...feeds].flatMap(([name, { dtype }]) => (dtype === 'float32' ? [name] : []));
  return { name: plan.name, graph: b.graph(), feeds, wants, written: plan.written, seed };
}

function random({ shape, draw = {} }: Exclude<Input, { whole: readonly number[] }>, seed: number): Tensor {
  const size = sizeOf(shape);
  if ('from' in draw) {
    const next = uniform(seed);
    return float32(
      shape,
      Float64Array.from({ length: size }, () => draw.from + (draw.to - draw.from) * next()),
    );
  }
  const next = normal(seed);
  const { mean = 0, deviation = 1 } = draw;
  return float32(
    shape,
    Float64Array.from({ length: size }, () => mean + deviation * next()),
  );
}

/** A random gradient of y. */
export function cotangentOf(one: Case, shape: readonly number[]): Tensor {
  const next = normal(seedOf(`${one.name} cotangent`, one.seed));
  return fromNumbers('float32', shape, Float64Array.from({ length: sizeOf(shape) }, next));
}
