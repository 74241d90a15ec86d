import { GraphBuilder, encodeModel } from '../../../../adapters/onnx/index.ts';
import { differentiate } from '../../../../adapters/onnx/differentiate.ts';
import type { Concrete } from '../../../../adapters/onnx/rule.ts';
import type { RawSteps } from '../../../../adapters/onnxruntime/session.ts';
import { loadRuntime, openSession } from '../../../../adapters/onnxruntime/runtime.mjs';
import { sizeOf } from '../../../../harness/shape.ts';
import { fromNumbers, isFloat, toNumbers } from '../../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../../harness/types/graph.ts';
import type { DataType, Shape, Tensor } from '../../../../harness/types/tensor.ts';

/** One node, its inputs, and which of its gradients are held against differences of its forward run. */
export interface LayerCase {
  readonly claim: string;
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  /** null: absent. */
  readonly inputs: readonly (Tensor | null)[];
  readonly attributes?: Attributes;
  /** How many outputs the node has, or which (true: present); 1 unless said. */
  readonly outputs?: number | readonly boolean[];
  /** Outputs that get a random cotangent; all float ones unless said. */
  readonly seeded?: readonly number[];
  /** Inputs whose gradient is checked; all float ones unless said. */
  readonly wrt?: readonly number[];
  /** Float inputs whose elements are known before the run. */
  readonly constants?: readonly number[];
  /** Half the distance of the central differences; 2⁻⁶ unless said. */
  readonly step?: number;
  /** Largest error of a directional derivative, relative to the gradient's norm; 1e-3 in float32 and 1e-8 in float64 unless said. */
  readonly tolerance?: number;
}

/** How far one gradient is from the differences, relative to its norm. */
export interface LayerError {
  readonly input: number;
  readonly worst: number;
  readonly norm: number;
}

/** Differentiates the node and returns the worst error of each checked input's gradient over random and single-element directions. */
export async function errorsOf(law: LayerCase, seed = 7): Promise<LayerError[]> {
  const random = generator(seed);
  const runtime = await loadRuntime();
  const { graph, feeds, outputs } = modelOf(law);
  const forward = await openSession(runtime, encodeModel(graph));
  forward.feed([...feeds].map(([name, tensor]) => raw(name, tensor)));
  const values = new Map((await forward.fetch(outputs)).map((r) => [r.name, fromRaw(r)]));
  const seeded = outputs.filter((name, k) => isFloat(tensorOf(values, name).dtype) && (law.seeded ?? [k]).includes(k));
  const cotangents = new Map(seeded.map((name) => [name, normal(random, tensorOf(values, name))]));
  const wrt = [...feeds.keys()].filter((name) => isFloat(tensorOf(feeds, name).dtype));
  const wanted = law.wrt === undefined ? wrt : law.wrt.map((k) => `x${k}`);
  const known = new Set(law.constants?.map((k) => `x${k}`));
  const gradients = await backward(graph, new Map([...feeds, ...values]), cotangents, wanted, known);
  const errors: LayerError[] = [];
  for (const name of wanted) {
    errors.push(await compare(law, forward, { random, name, feeds, cotangents, gradient: gradients.get(name) }));
  }
  await forward.release();
  return errors;
}

/** The case as a model of one node, whose inputs are all fed. */
export function modelOf(law: LayerCase): { graph: Graph; feeds: Map<string, Tensor>; outputs: string[] } {
  const opset = new Map([['', law.opset ?? 21]]);
  if (law.domain) opset.set(law.domain, 1);
  const builder = new GraphBuilder('case', opset);
  const feeds = new Map<string, Tensor>();
  const names = law.inputs.map((tensor, k) => {
    if (tensor === null) return '';
    feeds.set(`x${k}`, tensor);
    return builder.input(`x${k}`, tensor.dtype, tensor.shape);
  });
  const present = typeof law.outputs === 'object' ? law.outputs : Array.from({ length: law.outputs ?? 1 }, () => true);
  const made = present.map((there, k) => (there ? `y${k}` : ''));
  builder.nodes(law.op, names, law.attributes ?? {}, { outputNames: made, name: 'node', domain: law.domain ?? '' });
  for (const name of made) if (name !== '') builder.output(name);
  return { graph: builder.graph(), feeds, outputs: made.filter((name) => name !== '') };
}

/** Runs the backward graph; a tensor that is reported as zero gets zeros. */
export async function backward(
  graph: Graph,
  values: ReadonlyMap<string, Tensor>,
  cotangents: ReadonlyMap<string, Tensor>,
  wanted: readonly string[],
  known: ReadonlySet<string> = new Set(),
): Promise<Map<string, Tensor>> {
  const seeds = new Map([...cotangents.keys()].map((name) => [name, `seed::${name}`]));
  const options = { loss: null, seeds, wants: wanted, aliases: new Map<string, string>() };
  const made = differentiate(graph, concreteOf(values, known), options);
  const found = new Map<string, Tensor>();
  for (const name of made.zero) {
    const { shape, dtype } = tensorOf(values, name);
    found.set(name, fromNumbers(dtype, shape, new Float64Array(sizeOf(shape))));
  }
  if (made.gradients.size === 0) return found;
  const session = await openSession(await loadRuntime(), encodeModel(made.graph));
  const all = new Map([...values, ...[...cotangents].map(([name, tensor]) => [`seed::${name}`, tensor] as const)]);
  const inputs = made.graph.inputs.map(({ name }) => raw(name, tensorOf(all, name)));
  // Initializers that are not inlined are inputs too.
  for (const [name, source] of made.graph.initializers) {
    if (session.inputs.some((input) => input.name === name)) inputs.push(raw(name, source.read()));
  }
  session.feed(inputs);
  const results = await session.fetch([...new Set(made.gradients.values())]);
  for (const [name, output] of made.gradients) {
    found.set(name, fromRaw(results.find((r) => r.name === output) as ReturnType<typeof raw>));
  }
  await session.release();
  return found;
}

function concreteOf(values: ReadonlyMap<string, Tensor>, known: ReadonlySet<string>): Concrete {
  return {
    shape: (name) => tensorOf(values, name).shape,
    dtype: (name) => tensorOf(values, name).dtype,
    constant: (name) =>
      isFloat(tensorOf(values, name).dtype) && !known.has(name) ? undefined : tensorOf(values, name),
  };
}

interface Comparison {
  readonly random: () => number;
  readonly name: string;
  readonly feeds: ReadonlyMap<string, Tensor>;
  readonly cotangents: ReadonlyMap<string, Tensor>;
  readonly gradient: Tensor | undefined;
}

async function compare(law: LayerCase, forward: RawSteps, c: Comparison): Promise<LayerError> {
  const input = tensorOf(c.feeds, c.name);
  if (c.gradient === undefined || c.gradient.shape.join() !== input.shape.join()) {
    throw new Error(`${law.claim}: gradient of ${c.name} has shape [${c.gradient?.shape}], not [${input.shape}]`);
  }
  const gradient = toNumbers(c.gradient);
  const norm = Math.hypot(...gradient);
  let worst = 0;
  for (let k = 0; k < 6; k++) {
    const direction = new Float64Array(gradient.length);
    if (k % 2 === 0) for (let i = 0; i < direction.length; i++) direction[i] = gauss(c.random);
    else direction[Math.floor(c.random() * direction.length)] = 1;
    const expected = await derivative(law, forward, c, direction);
    const found = gradient.reduce((sum, g, i) => sum + g * (direction[i] as number), 0);
    worst = Math.max(worst, Math.abs(found - expected) / (norm || 1));
    if (Number.isNaN(found)) worst = Number.NaN;
  }
  return { input: Number(c.name.slice(1)), worst, norm };
}

/** Five-point rule: (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h. */
async function derivative(law: LayerCase, forward: RawSteps, c: Comparison, direction: Float64Array): Promise<number> {
  const h = law.step ?? 2 ** -6;
  const input = tensorOf(c.feeds, c.name);
  const numbers = toNumbers(input);
  const at = async (step: number): Promise<number> => {
    const moved = numbers.map((x, i) => x + step * (direction[i] as number));
    forward.feed([raw(c.name, fromNumbers(input.dtype, input.shape, moved))]);
    const results = await forward.fetch([...c.cotangents.keys()]);
    return results.reduce((sum, r) => sum + dot(toNumbers(fromRaw(r)), toNumbers(tensorOf(c.cotangents, r.name))), 0);
  };
  const near = (await at(h)) - (await at(-h));
  const far = (await at(2 * h)) - (await at(-2 * h));
  forward.feed([raw(c.name, input)]);
  return (8 * near - far) / (12 * h);
}

/** Standard normal float tensor. */
export function randn(shape: Shape, seed: number, dtype: DataType = 'float32'): Tensor {
  return normal(generator(seed), { dtype, shape });
}

/** What f makes of standard normal numbers. */
export function randnOf(
  shape: Shape,
  seed: number,
  f: (x: number, i: number) => number,
  dtype: DataType = 'float32',
): Tensor {
  return fromNumbers(dtype, shape, toNumbers(randn(shape, seed, dtype)).map(f));
}

/** Distinct numbers at least `gap` apart in random order: no ties within reach of the differences. */
export function shuffled(shape: Shape, seed: number, gap = 0.25, dtype: DataType = 'float32'): Tensor {
  const random = generator(seed);
  const numbers = Array.from({ length: sizeOf(shape) }, (_, k) => (k - sizeOf(shape) / 2 + 0.37) * gap);
  for (let k = numbers.length - 1; k > 0; k--) {
    const j = Math.floor(random() * (k + 1));
    [numbers[k], numbers[j]] = [numbers[j] as number, numbers[k] as number];
  }
  return fromNumbers(dtype, shape, numbers);
}

function normal(random: () => number, { dtype, shape }: { dtype: DataType; shape: Shape }): Tensor {
  return fromNumbers(
    dtype,
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => gauss(random)),
  );
}

function gauss(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** Mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * (b[i] as number), 0);
const tensorOf = (tensors: ReadonlyMap<string, Tensor>, name: string): Tensor => {
  const found = tensors.get(name);
  if (found === undefined) throw new Error(`no tensor ${name}`);
  return found;
};
const raw = (name: string, t: Tensor) => ({ name, type: t.dtype as string, dims: [...t.shape], data: t.data });
const fromRaw = (r: { type: string; dims: readonly number[]; data: unknown }): Tensor => ({
  dtype: r.type as DataType,
  shape: [...r.dims],
  data: r.data as Tensor['data'],
});
