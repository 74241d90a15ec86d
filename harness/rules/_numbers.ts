import { sizeOf } from '../shape.ts';
import type { RuleContext } from '../types/rule.ts';

/** A number with what it is here: `8` the batch size. */
export interface NamedNumber {
  readonly value: number;
  readonly name: string;
}

/** Two numbers are the same factor where they agree to so much: float32 sums do. */
const SAME = 1e-4;

/** The sizes that a factor may come from: the batch, the other sizes of the tensor and of what its layer reads, and their products. */
export function sizesAround({ tensor, wiring, value, truth }: RuleContext): readonly NamedNumber[] {
  const found: NamedNumber[] = [];
  const add = (size: number, name: string): void => {
    if (size > 1 && !found.some((known) => known.value === size)) found.push({ value: size, name });
  };
  const inputs = wiring.graph.inputs.map((input) => value(input.name)).filter((v) => v !== null);
  for (const { shape } of inputs) if (shape.length > 0) add(shape[0] as number, 'the batch size');
  for (const { shape } of inputs) if (shape.length === 2) add(sizeOf(shape), 'the number of examples times steps');
  const readers = [
    ...(wiring.consumers.get(tensor) ?? []),
    ...[wiring.producer.get(tensor)].filter((node) => node !== undefined),
  ];
  for (const node of readers) {
    for (const name of [...node.inputs, ...node.outputs]) {
      const shape = name === '' ? undefined : value(name)?.shape;
      if (shape === undefined) continue;
      shape.forEach((size, axis) => add(size, `the size of axis ${axis} of ${name}`));
      if (shape.length > 2) add(sizeOf(shape.slice(2)), `the number of positions of ${name}`);
      if (shape.length > 1) add(sizeOf(shape.slice(0, -1)), `the number of rows of ${name}`);
      add(sizeOf(shape), `the number of elements of ${name}`);
    }
  }
  truth.shape.forEach((size, axis) => add(size, `the size of its axis ${axis}`));
  return found;
}

/** What a factor is called: 2, 1/2, a size or its inverse, a root; null where it is none of these. */
export function nameOfFactor(factor: number, sizes: readonly NamedNumber[]): string | null {
  const a = Math.abs(factor);
  const known: NamedNumber[] = [
    ...sizes,
    { value: 2, name: '2' },
    { value: 3, name: '3' },
    { value: 4, name: '4' },
    { value: 255, name: '255' },
    { value: Math.LOG2E, name: '1/ln 2' },
    { value: Math.LOG10E, name: '1/ln 10' },
    ...sizes.map(({ value, name }) => ({ value: Math.sqrt(value), name: `the root of ${name}` })),
    ...sizes.map(({ value, name }) => ({ value: Math.sqrt(value / (value - 1)), name: `√(n/(n−1)) with n ${name}` })),
    ...sizes.map(({ value, name }) => ({ value: value / (value - 1), name: `n/(n−1) with n ${name}` })),
  ];
  for (const { value, name } of known) {
    if (near(a, value)) return name;
    if (near(a, 1 / value)) return `1 / ${name}`;
  }
  return null;
}

/** True for what a layer of any kind may be off by: its sign, a half, a double, the batch size. */
export function isUsualFactor(factor: number, context: RuleContext): boolean {
  const { graph } = context.wiring;
  const batches = graph.inputs.map(({ name }) => context.value(name)?.shape[0] ?? 1);
  const usual = [-1, 2, 3, ...batches].filter((size) => size !== 1);
  return usual.some((size) => near(factor, size) || near(factor, 1 / size));
}

/** Equal but for float32 rounding. */
export const near = (a: number, b: number): boolean => Math.abs(a - b) <= SAME * Math.abs(b);

/** The factor that brings `from` nearest to `to` (least squares over finite elements), or null where `from` is zero. */
export function bestFactor(to: Float64Array, from: Float64Array): number | null {
  let dot = 0;
  let squares = 0;
  for (let i = 0; i < to.length; i++) {
    const a = to[i] as number;
    const b = from[i] as number;
    if (!Number.isFinite(a) || !Number.isFinite(b)) continue;
    dot += a * b;
    squares += b * b;
  }
  return squares > 0 ? dot / squares : null;
}

/** A number as a claim shows it. */
export const shown = (x: number): string => {
  const text = Number(x.toPrecision(6)).toString();
  return text.length <= 10 ? text : x.toPrecision(4);
};

/** True where all elements are equal. */
export const isConstant = (data: Float64Array): boolean => data.every((x) => x === data[0]);
