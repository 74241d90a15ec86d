import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fileURLToPath } from 'node:url';
import { openOnnxReference } from '../../../adapters/onnxruntime/index.ts';
import { openTrace, readTensors } from '../../../adapters/trace/index.ts';
import { isFloat, toNumbers } from '../../../harness/tensor.ts';
import type { Reference, ReplayRequest } from '../../../harness/types/adapter.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';
import type { Trace } from '../../../harness/types/trace.ts';

const NETWORKS = [
  'mlp-digits',
  'lenet-digits',
  'resnet-digits',
  'resnet-digits-training',
  'mobilenet-digits',
  'lstm-text',
  'gpt-text',
  'unet-photo',
];
const folder = fileURLToPath(new URL('../../data/goldens/', import.meta.url));

/** ‖a − b‖ / ‖b‖ in float64; where b is zero, ‖a‖. NaN on one side only gives NaN, which no bound admits. */
function relativeDistance(a: Tensor, b: Tensor, least = 0): number {
  const [x, y] = [toNumbers(a), toNumbers(b)];
  let [difference, norm] = [0, 0];
  for (let i = 0; i < y.length; i++) {
    if (Object.is(x[i], y[i])) norm += Number.isNaN(x[i]) ? 0 : (y[i] as number) ** 2;
    else {
      difference += ((x[i] as number) - (y[i] as number)) ** 2;
      norm += (y[i] as number) ** 2;
    }
  }
  const scale = Math.max(Math.sqrt(norm), least);
  return scale === 0 ? Math.sqrt(difference) : Math.sqrt(difference) / scale;
}

/**
 * Softmax does not change when every score of a row grows alike, so that a bias of the keys has no gradient: what both
 * sides compute there is rounding. It is held against the gradient of the value bias beside it.
 */
const scaleOf = (name: string, recorded: ReadonlyMap<string, TensorSource>): number => {
  const beside = name.endsWith('attn.k.bias') ? recorded.get(name.replace('.k.', '.v.')) : undefined;
  return beside === undefined ? 0 : Math.hypot(...toNumbers(beside.read()));
};

async function answersOf(reference: Reference, request: ReplayRequest): Promise<Map<string, Tensor>> {
  const answers = new Map<string, Tensor>();
  for await (const { name, direction, tensor } of reference.replay(request))
    answers.set(`${direction} ${name}`, tensor);
  return answers;
}

/** Recorded tensors that have no answer, another shape or type, or one beyond the bound, with their distance. */
function beyond(
  answers: ReadonlyMap<string, Tensor>,
  recorded: ReadonlyMap<string, TensorSource>,
  prefix: string,
  bound: number,
): string[] {
  const wrong: string[] = [];
  for (const [name, source] of recorded) {
    const answer = answers.get(`${prefix} ${name}`);
    const form = (t: { dtype: string; shape: readonly number[] } | undefined) => `${t?.dtype} [${t?.shape.join(', ')}]`;
    if (answer === undefined || form(answer) !== form(source))
      wrong.push(`${name}: ${form(answer)} is not ${form(source)}`);
    else {
      const distance = relativeDistance(answer, source.read(), scaleOf(name, recorded));
      if (!(distance <= (isFloat(source.dtype) ? bound : 0))) wrong.push(`${name}: ${distance.toExponential(1)}`);
    }
  }
  return wrong;
}

describe.each(NETWORKS)('%s', (network) => {
  let reference: Reference;
  let golden: Trace;
  let chained: ReplayRequest;
  beforeAll(async () => {
    reference = await openOnnxReference(`${folder}${network}/model.onnx`);
    golden = openTrace(`${folder}${network}/golden.safetensors`);
    chained = {
      inputs: readTensors(`${folder}${network}/inputs.safetensors`),
      values: new Map(),
      gradients: new Map(),
      loss: 'loss',
      wantValues: [...golden.values.keys()],
      wantGradients: [...golden.gradients.keys()],
    };
  });
  afterAll(() => reference.release());

  it('computes the values and gradients that PyTorch recorded, from the inputs alone', async () => {
    const answers = await answersOf(reference, chained);
    expect(beyond(answers, golden.values, 'forward', 1e-4)).toEqual([]);
    expect(beyond(answers, golden.gradients, 'backward', 1e-4)).toEqual([]);
  });

  it('computes them more nearly where it is given the recorded values and gradients of every layer', async () => {
    const answers = await answersOf(reference, { ...chained, values: golden.values, gradients: golden.gradients });
    expect(beyond(answers, golden.values, 'forward', 2e-6)).toEqual([]);
    expect(beyond(answers, golden.gradients, 'backward', 2e-6)).toEqual([]);
  });
});
