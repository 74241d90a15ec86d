import { describe, expect, it } from '@jest/globals';
import '../../matchers/jest.ts';
import { networkSubject } from '../../adapters/network/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import lenet from '../../examples/lenet.ts';
import buggy from '../../examples/lenet-with-a-bug.ts';
import { assertMatches } from '../../matchers/index.ts';
import { toMatchReference } from '../../matchers/to-match-reference.ts';
import { twins } from '../../models/twins/index.ts';

const { model, inputs } = twins.lenet;

describe('toMatchReference', () => {
  it('holds for a network that is right, given as a network, a subject, or its trace', async () => {
    await expect(lenet).toMatchReference(model, { inputs });
    await expect(networkSubject(lenet, 'lenet')).toMatchReference(model, { inputs: readTensors(inputs) });
    const request = { inputs: readTensors(inputs), parameters: new Map() };
    const { trace } = await networkSubject(twins.lenet.make(), 'x').run({ ...request, parameters: await parameters() });
    await expect({ ...trace, metadata: { ...trace.metadata, producer: null } }).toMatchReference(model, {
      inputs,
      map: twins.lenet.make().names ?? {},
    });
  });

  it('fails for a bug with the verdict as its message, and names the layer', async () => {
    await expect(buggy).not.toMatchReference(model, { inputs });
    await expect(expect(buggy).toMatchReference(model, { inputs })).rejects.toThrow(/mismatch[\s\S]*Conv/i);
  });

  it('leaves open a reference that was open', async () => {
    const reference = await openOnnxReference(model);
    try {
      await expect(lenet).toMatchReference(reference, { inputs });
      await expect(buggy).not.toMatchReference(reference, { inputs });
    } finally {
      await reference.release();
    }
  });

  it('is met neither way where nothing was proven', async () => {
    let calls = 0;
    const shaky = { ...lenet, layers: lenet.layers?.map((layer) => ({ ...layer })) ?? [] };
    const first = shaky.layers[0]!;
    shaky.layers[0] = {
      ...first,
      forward: async (context) => {
        const y = (await first.forward(context)) as { data: Float32Array; shape: readonly number[] };
        return { ...y, data: y.data.map((v) => v + calls * 1e-3) };
      },
    };
    const counted = {
      ...shaky,
      layers: [
        { ...shaky.layers[0], forward: (c: never) => (calls++, shaky.layers[0]!.forward(c)) },
        ...shaky.layers.slice(1),
      ],
    };
    const plain = await toMatchReference.call({}, counted, model, { inputs });
    const negated = await toMatchReference.call({ isNot: true }, counted, model, { inputs });
    expect([plain.pass, negated.pass]).toEqual([false, true]);
    expect(plain.message()).toMatch(/inconclusive/i);
  });

  it('says what cannot be compared as an error with a code', async () => {
    await expect(expect(7).toMatchReference(model, { inputs })).rejects.toThrow(/E_SUBJECT.*number/);
    await expect(expect(lenet).toMatchReference('model.txt', { inputs })).rejects.toThrow(/E_REFERENCE.*model\.txt/);
    await expect(expect(lenet).toMatchReference(model, { inputs, tolerance: 'exat' })).rejects.toThrow(
      /Did you mean "exact"/,
    );
  });
});

describe('toDivergeAt', () => {
  it('finds the bug by layer, tensor, and direction', async () => {
    await expect(buggy).toDivergeAt(model, 'conv2', { inputs });
    await expect(buggy).toDivergeAt(model, { layer: 'conv2', direction: 'forward' }, { inputs });
    await expect(buggy).toDivergeAt(model, { tensor: '/net/conv2/Conv_output_0' }, { inputs });
  });

  it('fails elsewhere, for another cause, and where there is no divergence', async () => {
    await expect(buggy).not.toDivergeAt(model, 'conv1', { inputs });
    await expect(buggy).not.toDivergeAt(model, { layer: 'conv2', cause: 'bias.missing' }, { inputs });
    await expect(expect(lenet).toDivergeAt(model, 'conv2', { inputs })).rejects.toThrow(
      /expected at conv2; there is none/,
    );
    await expect(expect(buggy).toDivergeAt(model, { direction: 'forward' }, { inputs })).rejects.toThrow(/E_OPTION/);
  });
});

describe('assertMatches', () => {
  it('gives the report of a match, and throws the verdict of a mismatch with the report on it', async () => {
    expect((await assertMatches(lenet, model, { inputs })).outcome).toBe('match');
    const error: unknown = await assertMatches(buggy, model, { inputs }).catch((e: unknown) => e);
    expect(error).toMatchObject({ name: 'AssertionError', report: { outcome: 'mismatch' } });
    expect((error as Error).message).toMatch(/^✗/);
  });
});

async function parameters() {
  const reference = await openOnnxReference(model);
  await reference.release();
  return reference.graph.initializers;
}
