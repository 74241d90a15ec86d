import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeTensor, loadModel, namesIn } from '../../../adapters/onnx/index.ts';
import { openOnnxReference } from '../../../adapters/onnxruntime/index.ts';
import { inferTypes } from '../../../adapters/onnxruntime/types.ts';
import { isFloat, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Reference } from '../../../harness/types/adapter.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import { answersOf, tensorFrom } from './_support.ts';

// ONNX's own operator tests lie beside the repository; they are no part of it.
const folder = fileURLToPath(new URL('../../../../shared/data/onnx-backend/', import.meta.url));
const present = existsSync(folder);
const tests = present ? readdirSync(folder).filter((name) => existsSync(`${folder}${name}/model.onnx`)) : [];

/** Tensors of the test, input or output k being the k-th of the graph; an optional one may be absent. */
function recorded(test: string, kind: 'input' | 'output', graph: Graph): Map<string, Tensor> {
  const found = new Map<string, Tensor>();
  graph[`${kind}s`].forEach(({ name }, k) => {
    const path = `${folder}${test}/test_data_set_0/${kind}_${k}.pb`;
    if (existsSync(path)) found.set(name, decodeTensor(readFileSync(path), path).tensor);
  });
  return found;
}

const sources = (tensors: Iterable<readonly [string, Tensor]>) =>
  new Map([...tensors].map(([name, tensor]): [string, TensorSource] => [name, sourceOf(tensor)]));

/** Within 1e-3 of the larger norm, as ONNX's own runner allows; NaN agrees with NaN, all else exactly. */
function near(a: Tensor | undefined, b: Tensor): boolean {
  if (a === undefined || a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  if (b.dtype === 'string') return JSON.stringify(a.data) === JSON.stringify(b.data);
  const [x, y] = [toNumbers(a), toNumbers(b)];
  const rest = [...y.keys()].filter((i) => !(x[i] === y[i] || Object.is(x[i], y[i])));
  const norm = Math.hypot(...rest.map((i) => y[i] as number));
  return rest.length === 0 || Math.hypot(...rest.map((i) => (x[i] as number) - (y[i] as number))) <= 1e-3 * norm;
}

/** Runs a claim over every test and lists those for which it does not hold, with what was found. */
async function failures(claim: (reference: Reference, test: string) => Promise<string[]>): Promise<string[]> {
  const failed: string[] = [];
  for (const test of tests) {
    const reference = await openOnnxReference(`${folder}${test}/model.onnx`, { place: 'here' });
    try {
      failed.push(...(await claim(reference, test)).map((what) => `${test}: ${what}`));
    } catch (error) {
      failed.push(`${test}: ${(error as Error).message}`);
    } finally {
      await reference.release();
    }
  }
  return failed;
}

(present ? describe : describe.skip)("on ONNX's own operator tests", () => {
  it('gives the outputs that the standard says', async () => {
    const failed = await failures(async ({ graph, replay }, test) => {
      const outputs = recorded(test, 'output', graph);
      const request = { inputs: sources(recorded(test, 'input', graph)), wantValues: [...outputs.keys()] };
      const answers = await answersOf({ replay } as Reference, request);
      return [...outputs]
        .filter(([name, tensor]) => !near(answers.get(`forward ${name}`), tensor))
        .map(([name]) => name);
    });
    expect(failed).toEqual([]);
    expect(tests.length).toBeGreaterThan(600);
  });

  it('infers the types that the models declare', () => {
    const wrong = tests.flatMap((test) => {
      const { graph } = loadModel(`${folder}${test}/model.onnx`);
      const types = inferTypes(graph);
      const contrary = graph.outputs.filter(
        ({ name, dtype }) => dtype !== null && ![dtype, null].includes(types.get(name) as never),
      );
      return contrary.map(({ name, dtype }) => `${test}: ${name} is ${dtype}, not ${types.get(name)}`);
    });
    expect(wrong).toEqual([]);
  });

  it('gives bit-identical answers, forward and backward, when it is cut at its own values and gradients', async () => {
    let differentiated = 0;
    const failed = await failures(async (reference, test) => {
      const { graph } = reference;
      const inputs = sources(recorded(test, 'input', graph));
      const described = await reference.describe(inputs);
      const names = [...namesIn(graph)].filter((name) => described.has(name));
      const floats = names.filter((name) => isFloat(described.get(name)?.dtype ?? 'string'));
      const seeds = sources(
        graph.outputs.flatMap(({ name }, k) => {
          const type = described.get(name);
          return type && isFloat(type.dtype) ? [[name, tensorFrom(k + 1, type.dtype, type.shape)] as const] : [];
        }),
      );
      const values = await answersOf(reference, { inputs, wantValues: names });
      const cut = sources([...values].map(([key, tensor]) => [key.slice('forward '.length), tensor]));
      const wrong = different(values, await answersOf(reference, { inputs, values: cut, wantValues: names }));
      const back = { inputs, gradients: seeds, wantGradients: seeds.size > 0 ? floats : [] };
      const gradients = await answersOf(reference, back).catch(withoutGradient);
      if (gradients === null || gradients.size === 0) return wrong;
      differentiated++;
      const found = sources([...gradients].map(([key, tensor]) => [key.slice('backward '.length), tensor]));
      // At a seeded tensor the answer is what arrives from its uses, the seed is what goes on.
      const local = await answersOf(reference, { ...back, values: cut, gradients: new Map([...found, ...seeds]) });
      return [...wrong, ...different(gradients, local)];
    });
    expect(failed).toEqual([]);
    expect(differentiated).toBeGreaterThan(400);
  });
});

/** Only what says that it has no derivative may have none. */
function withoutGradient(error: { code?: string }): null {
  if (error.code !== 'E_NO_GRADIENT') throw error;
  return null;
}

function different(a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>): string[] {
  const bytes = ({ data }: Tensor) =>
    ArrayBuffer.isView(data)
      ? Buffer.from(data.buffer, data.byteOffset, data.byteLength)
      : Buffer.from(JSON.stringify(data));
  return [...a].filter(([key, tensor]) => !bytes(tensor).equals(bytes(b.get(key) as Tensor))).map(([key]) => key);
}
