import { describe, expect, it } from '@jest/globals';
import { retyping } from '../../adapters/onnx/retype.ts';
import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { tfjsOperators, tfjsReferenceOf } from '../../adapters/tfjs/index.ts';
import { check } from '../../harness/check.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { isFloat, sourceOf } from '../../harness/tensor.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { failures, recorded } from '../adapters/tfjs/_kit.ts';
import { drawn } from '../adapters/onnx/gradients/_case-run.ts';
import { everyCase, type OneNode } from './_every-case.ts';
import { CONVENTIONS } from './_tfjs-known.ts';

const single = retyping(['float64'], 'float32');
const known = new Set(tfjsOperators());
const cases = (await everyCase()).filter(({ operator }) => known.has(operator));

/** What TensorFlow.js gives for a case, with random cotangents. Null where it has no gradient for it, or no such form; the reason is told. */
async function traceOf(tfjs: Reference, one: OneNode, inputs: ReadonlyMap<string, TensorSource>): Promise<Trace> {
  const types = await tfjs.describe(inputs);
  const outputs = one.graph.outputs.map(({ name }) => name).filter((name) => types.has(name));
  const floats = outputs.filter((name) => isFloat(types.get(name)?.dtype ?? 'int64'));
  const gradients = new Map(
    floats
      .filter((name) => one.seeded?.includes(name) ?? true)
      .map((name, k) => [name, sourceOf(drawn(types.get(name)?.shape ?? [], 'float32', 77 + k))]),
  );
  const values = new Map(inputs);
  // A case about what is empty has nothing to start from.
  const wantGradients = gradients.size === 0 ? [] : one.wants;
  const request = { inputs, values: new Map(), gradients, loss: null, wantValues: outputs, wantGradients };
  const found = new Map<string, TensorSource>(gradients);
  for await (const { name, direction, tensor } of tfjs.replay(request)) {
    (direction === 'forward' ? values : found).set(name, sourceOf(tensor));
  }
  const metadata = { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() };
  return { values, gradients: found, updates: new Map(), states: new Map(), metadata };
}

async function verdict(one: OneNode, backend: string): Promise<readonly string[]> {
  const graph = single.graph(one.graph);
  const inputs = new Map([...one.feeds].map(([name, tensor]) => [name, single.source(sourceOf(tensor))]));
  const tfjs = await tfjsReferenceOf(graph, one.operator, { backend });
  try {
    const trace = await traceOf(tfjs, one, inputs);
    const onnx = await referenceOf({ graph, irVersion: 10, producer: 'test' }, one.operator);
    const seeds = [...trace.gradients.keys()].filter((name) => graph.outputs.some((output) => output.name === name));
    return failures(await check(recorded(trace), onnx, { inputs, seeds }));
  } catch (error) {
    if (!isLayerdiffError(error)) throw error;
    return [`${error.code} ${error.message}`];
  }
}

/** What cannot be asked of TensorFlow.js it refuses by name, or by an error of its own: never by a wrong number. */
const isRefusal = (found: readonly string[]): boolean =>
  found.length === 1 && /^E_(UNSUPPORTED|NO_GRADIENT|REFERENCE) /.test(found[0] as string);

/** Tries cases on a backend; what is neither right, refused nor known is told. */
async function tried(some: readonly OneNode[], backend: string) {
  const wrong: string[] = [];
  const otherwise: string[] = [];
  const agreed = new Set<string>();
  let agree = 0;
  for (const one of some) {
    const title = `${one.operator}: ${one.claim}`;
    const found = await verdict(one, backend);
    const expected = CONVENTIONS[title] !== undefined;
    if (found.length === 0 && !expected) {
      agree++;
      agreed.add(one.operator);
    } else if (expected && found.length > 0) otherwise.push(title);
    else if (!isRefusal(found)) wrong.push(`${title}: ${found.join('; ') || 'agrees, and was not expected to'}`);
  }
  return { wrong, otherwise, agreed, agree };
}

/** Operators whose kernels differ most between backends. */
const HEAVY = ['layer-pooling.ts', 'layer-convolution.ts', 'layer-normalization.ts', 'reductions.ts'];

describe('TensorFlow.js’s gradients and ours', () => {
  it('agree on every operator that both have', async () => {
    const { wrong, otherwise, agreed, agree } = await tried(cases, 'wasm');
    expect(wrong).toEqual([]);
    expect(otherwise.sort()).toEqual(Object.keys(CONVENTIONS).sort());
    expect(agree).toBeGreaterThan(0.8 * cases.length);
    // Every operator but the one whose gradient TensorFlow.js lacks.
    const never = new Set(cases.map(({ operator }) => operator).filter((operator) => !agreed.has(operator)));
    expect([...never].sort()).toEqual(['Einsum']);
  }, 300_000);

  it('agree in plain JavaScript on convolutions, pools, norms and reductions', async () => {
    const some = cases.filter(({ file }) => HEAVY.includes(file));
    const { wrong, agree } = await tried(some, 'cpu');
    expect(wrong).toEqual([]);
    expect(agree).toBeGreaterThan(0.8 * some.length);
  }, 300_000);
});
