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

describe('TensorFlow.js’s gradients and ours', () => {
  it.each(['wasm', 'cpu'])('agree on every operator that both have (%s)', async (backend) => {
    const wrong: string[] = [];
    const count = { agree: 0, refused: 0, otherwise: 0 };
    const agreed = new Set<string>();
    for (const one of cases) {
      const title = `${one.operator}: ${one.claim}`;
      const found = await verdict(one, backend);
      const expected = CONVENTIONS[title] !== undefined;
      if (found.length === 0 && !expected) {
        count.agree++;
        agreed.add(one.operator);
      } else if (isRefusal(found)) count.refused++;
      else if (expected && found.length > 0) count.otherwise++;
      else wrong.push(`${title}: ${found.join('; ') || 'agrees, and was not expected to'}`);
    }
    expect(wrong).toEqual([]);
    expect(count.otherwise).toBe(Object.keys(CONVENTIONS).length);
    expect(count.agree).toBeGreaterThan(0.8 * cases.length);
    // Every operator but those whose gradient TensorFlow.js lacks, or that have none.
    const never = new Set(cases.map(({ operator }) => operator).filter((operator) => !agreed.has(operator)));
    expect([...never].sort()).toEqual(['Einsum']);
  });
});
