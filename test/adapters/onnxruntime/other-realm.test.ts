/** @jest-environment node */
import { describe, expect, it } from '@jest/globals';
import { openOnnxReference } from '../../../adapters/onnxruntime/index.ts';
import { placeFor } from '../../../adapters/onnxruntime/risk.ts';
import { sharesRealm } from '../../../adapters/onnxruntime/runtime.mjs';
import { readTensors } from '../../../adapters/trace/index.ts';
import { answersOf, goldens } from './_support.ts';

describe("Jest's own environment, whose typed arrays are not those of native code", () => {
  it('is noticed, and the model runs in a thread', async () => {
    expect(sharesRealm()).toBe(false);
    const reference = await openOnnxReference(`${goldens}lenet-digits/model.onnx`);
    expect(placeFor(reference.graph)).toBe('thread');
    const inputs = readTensors(`${goldens}lenet-digits/inputs.safetensors`);
    const answers = await answersOf(reference, {
      inputs,
      loss: 'loss',
      wantValues: ['loss'],
      wantGradients: ['net.conv1.bias'],
    });
    await reference.release();
    expect(answers.get('forward loss')?.data[0]).toBeCloseTo(0.09794986993074417, 6);
    expect(answers.get('backward net.conv1.bias')?.shape).toEqual([8]);
  });
});
