import { GraphBuilder } from '../../../../adapters/onnx/build.ts';
import { differentiate } from '../../../../adapters/onnx/differentiate.ts';
import { encodeModel } from '../../../../adapters/onnx/encode.ts';
import type { Concrete } from '../../../../adapters/onnx/rule.ts';
import { loadRuntime, openSession } from '../../../../adapters/onnxruntime/runtime.mjs';
import type { RawSession } from '../../../../adapters/onnxruntime/runtime.mjs';
import { sizeOf } from '../../../../harness/shape.ts';
import { fromNumbers, isFloat } from '../../../../harness/tensor.ts';
import type { Graph } from '../../../../harness/types/graph.ts';
import type { DataType, Tensor } from '../../../../harness/types/tensor.ts';
import type { CaseInput, GradientCase } from './_case.ts';

/** One case, compiled: its model, and sessions that run it forwards and backwards. */
export interface CaseRun {
  readonly graph: Graph;
  readonly dtype: 'float64' | 'float32';
  /** All graph inputs. */
  readonly feeds: ReadonlyMap<string, Tensor>;
  /** Variable inputs whose gradient is asked for. */
  readonly wants: ReadonlyMap<string, Tensor>;
  /** Random cotangents of the outputs. */
  readonly seeds: ReadonlyMap<string, Tensor>;
  readonly forward: (changed: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly backward: (seeds: ReadonlyMap<string, Tensor>) => Promise<ReadonlyMap<string, Tensor>>;
  readonly release: () => Promise<void>;
}

/** Builds the case's model, runs it once, and differentiates it. */
export async function openCase(one: GradientCase): Promise<CaseRun> {
  const dtype = one.dtype ?? 'float64';
  const { graph, feeds, wants } = buildCase(one, dtype);
  const runtime = await loadRuntime();
  const forwardSession = await openSession(runtime, encodeModel(graph, { inline: () => true }));
  const outputs = graph.outputs.map((output) => output.name);
  const forward: CaseRun['forward'] = async (changed) =>
    fetch(forwardSession, new Map([...feeds, ...changed]), outputs);
  const first = await forward(new Map());
  const values = new Map([...first, ...feeds]);
  const concrete = concreteOf(values, graph);
  const seeded = outputs.filter((name, k) => (one.seeded?.includes(k) ?? true) && isFloat(concrete.dtype(name)));
  const seedNames = new Map(seeded.map((name) => [name, `seed::${name}`]));
  const options = { loss: null, seeds: seedNames, wants: [...wants.keys()], aliases: new Map<string, string>() };
  const derived = differentiate(graph, concrete, options);
  if (derived.zero.length > 0) throw new Error(`nothing leads from ${derived.zero.join(', ')} to the outputs`);
  const backwardSession = await openSession(runtime, encodeModel(derived.graph, { inline: () => true }));
  const backward: CaseRun['backward'] = async (given) => {
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
  return { graph, dtype, feeds, wants, seeds, forward, backward, release };
}

/** The case as a model of one node, whose fixed inputs are initializers. */
export function buildCase(one: GradientCase, dtype: 'float64' | 'float32') {
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
  const order = grid.map((value) => ({ value, key: uniform() })).toSorted((a, b) => a.key - b.key);
  return fromNumbers(
    dtype,
    input.shape,
    order.map(({ value }) => value),
  );
}

/** Uniform between −2 and 2. */
export function drawn(shape: readonly number[], dtype: DataType, seed: number): Tensor {
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
