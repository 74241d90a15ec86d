import { expect, it } from '@jest/globals';
import { sizeOf } from '../../../../harness/shape.ts';
import { fromNumbers, toNumbers } from '../../../../harness/tensor.ts';
import type { Tensor } from '../../../../harness/types/tensor.ts';
import type { GradientCase } from './_case.ts';
import { type CaseRun, drawn, openCase } from './_case-run.ts';

/** Declares one test a case. */
export function proveCases(cases: readonly GradientCase[]): void {
  for (const one of cases) {
    it(`${one.domain === undefined ? '' : `${one.domain}.`}${one.op}: ${one.name}`, async () => {
      const run = await openCase(one);
      await holdsAgainstDifferences(run);
      await isAdjoint(run);
      await isLinearInCotangent(run);
      await run.release();
    });
  }
}

/** The gradient of each wanted input, as numbers, for a cotangent of ones: for cases whose answer can be written down. */
export async function gradientsOfOnes(one: GradientCase): Promise<Map<string, number[]>> {
  const run = await openCase(one);
  const ones = [...run.seeds].map(
    ([name, { dtype, shape }]) => [name, fromNumbers(dtype, shape, new Float64Array(sizeOf(shape)).fill(1))] as const,
  );
  const gradients = await run.backward(new Map(ones));
  await run.release();
  return new Map([...gradients].map(([name, gradient]) => [name, [...toNumbers(gradient)]]));
}

/**
 * float64: h = 2⁻¹³ leaves a truncation of h⁴ and a round-off of 2⁻⁵³/h, both near 1e-12.
 * float32: h = 2⁻⁵ leaves h⁴ ≈ 1e-6 times the fifth derivative and a round-off of 2⁻²⁴/h ≈ 2e-6 an element summed.
 */
const LIMITS = { float64: { step: 2 ** -13, allowed: 2e-9 }, float32: { step: 2 ** -5, allowed: 2e-4 } };

/** d⟨dy, f(x)⟩/dx of every element, by central differences of fourth order: (8 (f₁ − f₋₁) − (f₂ − f₋₂)) / 12 h. */
async function holdsAgainstDifferences(run: CaseRun): Promise<void> {
  const { step, allowed } = LIMITS[run.dtype];
  const gradients = await run.backward(run.seeds);
  const inner = async (name: string, at: number, by: number): Promise<number> => {
    const x = run.wants.get(name) as Tensor;
    const moved = toNumbers(x);
    moved[at] = (moved[at] as number) + by;
    return dot(run.seeds, await run.forward(new Map([[name, fromNumbers(run.dtype, x.shape, moved)]])));
  };
  for (const [name, x] of run.wants) {
    const gradient = gradients.get(name) as Tensor;
    expect(gradient.shape).toEqual(x.shape);
    expect(gradient.dtype).toBe(run.dtype);
    const measured = toNumbers(gradient);
    const expected = new Float64Array(sizeOf(x.shape));
    for (let k = 0; k < expected.length; k++) {
      const near = (await inner(name, k, step)) - (await inner(name, k, -step));
      const far = (await inner(name, k, 2 * step)) - (await inner(name, k, -2 * step));
      expected[k] = (8 * near - far) / (12 * step);
    }
    expectClose(measured, expected, allowed * (1 + scaleOf(run.seeds)), name);
  }
}

/** ⟨dy, J v⟩ = ⟨Jᵀ dy, v⟩ with every input moving at once along a random v. */
export async function isAdjoint(run: CaseRun): Promise<void> {
  const { step, allowed } = LIMITS[run.dtype];
  const gradients = await run.backward(run.seeds);
  // Short enough that no element moves farther than the differences above moved it.
  const along = new Map([...run.wants].map(([name, x], k) => [name, drawn(x.shape, run.dtype, 0xad70 + k)]));
  const at = async (by: number): Promise<number> => {
    const moved = [...run.wants].map(([name, x]) => [name, combine(x, along.get(name) as Tensor, 1, by)] as const);
    return dot(run.seeds, await run.forward(new Map(moved)));
  };
  const near = (await at(step / 2)) - (await at(-step / 2));
  const far = (await at(step)) - (await at(-step));
  const forward = (8 * near - far) / (6 * step);
  const backward = dot(along, gradients);
  const unit = [...run.wants.keys()].reduce(
    (sum, name) => sum + normOf(gradients.get(name)) * normOf(along.get(name)),
    1,
  );
  expect(Math.abs(forward - backward) / unit).toBeLessThanOrEqual(allowed * (1 + scaleOf(run.seeds)));
}

function normOf(tensor: Tensor | undefined): number {
  return Math.hypot(...toNumbers(tensor as Tensor));
}

/** J ᵀ (2 u − 3 w) = 2 J ᵀ u − 3 J ᵀ w: a rule that mixes up values and cotangents is not linear. */
async function isLinearInCotangent(run: CaseRun): Promise<void> {
  const { allowed } = LIMITS[run.dtype];
  const u = run.seeds;
  const w = new Map([...u].map(([name, seed], k) => [name, drawn(seed.shape, seed.dtype, 0x5eed + k)]));
  const mixed = new Map([...u].map(([name, seed]) => [name, combine(seed, w.get(name) as Tensor, 2, -3)]));
  const [ofU, ofW, ofMixed] = [await run.backward(u), await run.backward(w), await run.backward(mixed)];
  for (const [name, gradient] of ofMixed) {
    const sum = combine(ofU.get(name) as Tensor, ofW.get(name) as Tensor, 2, -3);
    expectClose(toNumbers(gradient), toNumbers(sum), allowed, name);
  }
}

function expectClose(measured: Float64Array, expected: Float64Array, allowed: number, name: string): void {
  const scale = 1 + Math.max(0, ...expected.map(Math.abs));
  const far = [...expected].flatMap((value, k) => {
    const error = Math.abs((measured[k] as number) - value) / scale;
    return error <= allowed ? [] : [{ name, element: k, measured: measured[k], expected: value }];
  });
  expect(far).toEqual([]);
}

/** Largest element of the cotangents: the unit of round-off in the inner products. */
function scaleOf(seeds: ReadonlyMap<string, Tensor>): number {
  return Math.max(0, ...[...seeds.values()].map((seed) => sizeOf(seed.shape) ** 0.5));
}

function dot(seeds: ReadonlyMap<string, Tensor>, outputs: ReadonlyMap<string, Tensor>): number {
  let sum = 0;
  for (const [name, seed] of seeds) {
    const [dy, y] = [toNumbers(seed), toNumbers(outputs.get(name) as Tensor)];
    for (let k = 0; k < dy.length; k++) sum += (dy[k] as number) * (y[k] as number);
  }
  return sum;
}

function combine(a: Tensor, b: Tensor, p: number, q: number): Tensor {
  const [x, y] = [toNumbers(a), toNumbers(b)];
  return fromNumbers(
    a.dtype,
    a.shape,
    x.map((value, k) => p * value + q * (y[k] as number)),
  );
}
