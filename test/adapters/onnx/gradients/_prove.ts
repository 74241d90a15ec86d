import { expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../../adapters/onnx/build.ts';
import { differentiate } from '../../../../adapters/onnx/differentiate.ts';
import { encodeModel } from '../../../../adapters/onnx/encode.ts';
import type { Concrete } from '../../../../adapters/onnx/rule.ts';
import { loadRuntime, openSession } from '../../../../adapters/onnxruntime/runtime.mjs';
import type { RawSession } from '../../../../adapters/onnxruntime/runtime.mjs';
import { sizeOf } from '../../../../harness/shape.ts';
import { fromNumbers, isFloat, toNumbers } from '../../../../harness/tensor.ts';
import type { Graph } from '../../../../harness/types/graph.ts';
import type { DataType, Tensor } from '../../../../harness/types/tensor.ts';
import type { CaseInput, GradientCase } from './_case.ts';

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

interface Run {
  readonly one: GradientCase;
  readonly dtype: 'float64' | 'float32';
  /** Variable inputs whose gradient is asked for. */
  readonly wants: ReadonlyMap<string, Tensor>;
  readonly seeds: ReadonlyMap<string, Tensor>;
  readonly forward: (changed: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly backward: (seeds: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly release: () => Promise<void>;
}

/** d⟨dy, f(x)⟩/dx of every element, by central differences of fourth order: (8 (f₁ − f₋₁) − (f₂ − f₋₂)) / 12 h. */
async function holdsAgainstDifferences(run: Run): Promise<void> {
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
async function isAdjoint(run: Run): Promise<void> {
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
async function isLinearInCotangent(run: Run): Promise<void> {
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

async function openCase(one: GradientCase): Promise<Run> {
  const dtype = one.dtype ?? 'float64';
  const { graph, feeds, wants } = buildCase(one, dtype);
  const runtime = await loadRuntime();
  const forwardSession = await openSession(runtime, encodeModel(graph, { inline: () => true }));
  const outputs = graph.outputs.map((output) => output.name);
  const forward: Run['forward'] = async (changed) => fetch(forwardSession, new Map([...feeds, ...changed]), outputs);
  const first = await forward(new Map());
  const values = new Map([...first, ...feeds]);
  const concrete = concreteOf(values, graph);
  const seeded = outputs.filter((name, k) => (one.seeded?.includes(k) ?? true) && isFloat(concrete.dtype(name)));
  const seedNames = new Map(seeded.map((name) => [name, `seed::${name}`]));
  const options = { loss: null, seeds: seedNames, wants: [...wants.keys()], aliases: new Map<string, string>() };
  const derived = differentiate(graph, concrete, options);
  expect(derived.zero).toEqual([]);
  const backwardSession = await openSession(runtime, encodeModel(derived.graph, { inline: () => true }));
  const backward: Run['backward'] = async (given) => {
    const fed = new Map<string, Tensor>();
    for (const { name } of derived.graph.inputs) {
      const seed = [...seedNames].find(([, input]) => input === name)?.[0];
      fed.set(name, (seed === undefined ? values.get(name) : given.get(seed)) as Tensor);
    }
    const results = await fetch(backwardSession, fed, [...new Set(derived.gradients.values())]);
    return new Map([...derived.gradients].map(([name, output]) => [name, results.get(output) as Tensor]));
  };
  const seeds = new Map(seeded.map((name, k) => [name, drawn(concrete.shape(name), concrete.dtype(name), 77 + k)]));
  const release = async (): Promise<void> => {
    await forwardSession.release();
    await backwardSession.release();
  };
  return { one, dtype, wants, seeds, forward, backward, release };
}

/** The case as a model of one node, whose fixed inputs are initializers. */
function buildCase(one: GradientCase, dtype: 'float64' | 'float32') {
  const opset = one.opset ?? 21;
  const builder = new GraphBuilder(
    'case',
    one.domain === undefined
      ? opset
      : new Map([
          ['', opset],
          [one.domain, 1],
        ]),
  );
  const feeds = new Map<string, Tensor>();
  const wants = new Map<string, Tensor>();
  const add = (input: CaseInput, k: number): string => {
    if (input.kind === 'absent') return '';
    if (input.kind === 'same') return `x${input.as}`;
    if (input.kind === 'fixed' && input.fed !== true) return builder.initializer(`x${k}`, input.tensor);
    const tensor = input.kind === 'fixed' ? input.tensor : tensorOf(input, dtype, k);
    feeds.set(`x${k}`, tensor);
    if (input.kind === 'given' || (input.kind === 'drawn' && input.silent !== true)) wants.set(`x${k}`, tensor);
    return builder.input(`x${k}`, tensor.dtype, tensor.shape);
  };
  const names = one.inputs.map(add);
  const domain = one.domain === undefined ? {} : { domain: one.domain };
  const outputNames = Array.from({ length: one.outputs ?? 1 }, (_, k) => `y${k}`);
  for (const output of builder.nodes(one.op, names, one.attributes ?? {}, { outputNames, ...domain }))
    builder.output(output);
  return { graph: builder.graph(), feeds, wants };
}

function tensorOf(
  input: Exclude<CaseInput, { kind: 'fixed' | 'same' | 'absent' }>,
  dtype: DataType,
  seed: number,
): Tensor {
  if (input.kind === 'given') return fromNumbers(dtype, input.shape, input.values);
  const [low, high] = input.between;
  const uniform = generator(1009 * (seed + 1));
  const size = sizeOf(input.shape);
  if (input.apart !== true) {
    return fromNumbers(
      dtype,
      input.shape,
      Array.from({ length: size }, () => low + (high - low) * uniform()),
    );
  }
  // ±0.25, ±0.75, ±1.25, … in random order
  const grid = Array.from({ length: size }, (_, k) => (k % 2 === 0 ? 1 : -1) * (0.25 + 0.5 * Math.floor(k / 2)));
  const order = grid.map((value) => ({ value, key: uniform() })).sort((a, b) => a.key - b.key);
  return fromNumbers(
    dtype,
    input.shape,
    order.map(({ value }) => value),
  );
}

function drawn(shape: readonly number[], dtype: DataType, seed: number): Tensor {
  const uniform = generator(seed);
  return fromNumbers(
    dtype,
    shape,
    Array.from({ length: sizeOf(shape) }, () => 4 * uniform() - 2),
  );
}

/** mulberry32. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function concreteOf(values: ReadonlyMap<string, Tensor>, graph: Graph): Concrete {
  const tensor = (name: string): Tensor =>
    values.get(name) ?? (graph.initializers.get(name) as { read(): Tensor }).read();
  return {
    shape: (name) => tensor(name).shape,
    dtype: (name) => tensor(name).dtype,
    constant: (name) => (graph.initializers.has(name) || !isFloat(tensor(name).dtype) ? tensor(name) : undefined),
  };
}

async function fetch(
  session: RawSession,
  feeds: ReadonlyMap<string, Tensor>,
  names: readonly string[],
): Promise<Map<string, Tensor>> {
  session.feed([...feeds].map(([name, { dtype, shape, data }]) => ({ name, type: dtype, dims: shape, data })));
  const results = await session.fetch(names);
  return new Map(results.map(({ name, type, dims, data }) => [name, { dtype: type, shape: dims, data } as Tensor]));
}
