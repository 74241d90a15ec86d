import { describe, expect, it } from '@jest/globals';
import type { Layer, Network } from '../../../adapters/network/index.ts';
import { networkSubject } from '../../../adapters/network/index.ts';
import { bytesOf } from '../../../harness/tensor.ts';
import { gradientOf, INPUTS, run, valueOf } from './run.ts';

/** y = factor · x, of the layer before it or of `from`. */
const times = (name: string, factor: number, from?: string): Layer => ({
  name,
  ...(from ? { inputs: [from] } : {}),
  forward: ({ input }) => input.data.map((v) => factor * v),
  backward: ({ gradient }) => gradient.map((g) => factor * g),
});

/** The sum of all elements: a loss whose gradient is 1 everywhere. */
const total = (from?: string): Layer => ({
  name: 'loss',
  ...(from ? { inputs: [from] } : {}),
  forward: ({ input }) => input.data.reduce((a, b) => a + b, 0),
  backward: ({ input, gradient }) => input.data.map(() => gradient[0] as number),
});

const net = (...layers: Layer[]): Network => ({ name: 'net', inputs: ['x', 'target'], layers });

describe('a network of layers', () => {
  it('is recorded under its own names: inputs as the reference has them, outputs in order of execution', async () => {
    const result = await run(net(times('a', 2), times('b', 3), total()));
    expect([...result.trace.values.keys()]).toEqual(['x', 'target', 'a', 'b', 'loss']);
    expect(result.trace.metadata.order).toEqual(['x', 'target', 'a', 'b', 'loss']);
    expect(valueOf(result, 'b')).toEqual([
      [2, 3],
      [6, -12, 18, -24, 30, -36],
    ]);
    expect(valueOf(result, 'loss')).toEqual([[], [-18]]);
    expect(result.trace.values.get('target')?.dtype).toBe('int64');
    expect(result.trace.metadata.groups.get('a')).toEqual(['a']);
    expect(result.observations).toEqual([]);
  });

  it('reads what the layer before it wrote, or what it names; gradients are summed over uses', async () => {
    const sum: Layer = {
      name: 'sum',
      inputs: ['a', 'b', 'a'],
      forward: ({ inputs }) => inputs['a']!.data.map((v, i) => 2 * v + inputs['b']!.data[i]!),
      backward: ({ gradient }) => ({ inputs: [gradient, gradient, gradient] }),
    };
    const result = await run(net(times('a', 2), times('b', 3), sum, total()));
    expect(valueOf(result, 'sum')?.[1].slice(0, 2)).toEqual([10, -20]);
    expect(gradientOf(result, 'sum')).toEqual([
      [2, 3],
      [1, 1, 1, 1, 1, 1],
    ]);
    expect(gradientOf(result, 'b')?.[1][0]).toBe(1);
    // Twice from the sum, three times through b.
    expect(gradientOf(result, 'a')?.[1]).toEqual([5, 5, 5, 5, 5, 5]);
    expect(gradientOf(result, 'x')?.[1]).toEqual([10, 10, 10, 10, 10, 10]);
    expect(gradientOf(result, 'loss')).toEqual([[], [1]]);
  });

  it('sums the gradient of a parameter that two layers share', async () => {
    const shared = (name: string): Layer => ({
      name,
      forward: ({ input, parameters }) => input.data.map((v, i) => v + parameters['b']!.data[i % 3]!),
      backward: ({ gradient }) => ({
        input: gradient,
        parameters: { b: [0, 1, 2].map((c) => gradient[c]! + gradient[c + 3]!) },
      }),
    });
    const result = await run(net(shared('a'), times('mid', 3), shared('b1'), total()));
    expect(gradientOf(result, 'b')).toEqual([[3], [8, 8, 8]]);
    expect(valueOf(result, 'b')).toEqual([[3], [0.5, -0.5, 0.25]]);
    expect(valueOf(result, 'w')).toBeUndefined();
  });

  it('may give several outputs, by name, some of which nothing uses', async () => {
    const split: Layer = {
      name: 'split',
      outputs: ['low', 'high', 'spare'],
      forward: ({ input: { data } }) => ({
        low: { data: data.slice(0, 3), shape: [3] },
        high: { data: data.slice(3), shape: [3] },
        spare: { data: [1, 2], shape: [1, 2] },
      }),
      backward: ({ gradients }) =>
        [...gradients['low']!, ...gradients['high']!].map((g) => g + gradients['spare']![0]!),
    };
    const result = await run(net(split, times('b', 5, 'high'), total()));
    expect(valueOf(result, 'high')).toEqual([[3], [-4, 5, -6]]);
    expect(valueOf(result, 'spare')).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(gradientOf(result, 'x')?.[1]).toEqual([0, 0, 0, 5, 5, 5]);
    // The layer was differentiated with nothing arriving there.
    expect(gradientOf(result, 'spare')?.[1]).toEqual([0, 0]);
  });

  it('keeps for the backward pass what the forward pass saved, fresh in each run', async () => {
    const seen: number[] = [];
    const saving: Layer = {
      name: 'a',
      forward({ input, saved }) {
        seen.push(Object.keys(saved).length);
        saved['twice'] = input.data.map((v) => 2 * v);
        return input.data.slice();
      },
      backward: ({ saved }) => ({ inputs: { x: saved['twice']! } }),
    };
    const network = net(saving, total());
    expect(gradientOf(await run(network), 'x')?.[1]).toEqual([2, -4, 6, -8, 10, -12]);
    await run(network);
    expect(seen).toEqual([0, 0]);
  });

  it('may be async', async () => {
    const slow: Layer = {
      name: 'a',
      forward: async ({ input }) => Promise.resolve(input.data.slice()),
      backward: async ({ gradient }) => Promise.resolve(gradient),
    };
    expect(gradientOf(await run(net(slow, total())), 'x')?.[1]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('gives bare numbers the shape of the input, or [batch, rest]', async () => {
    const wide: Layer = { name: 'wide', forward: () => new Float32Array(8) };
    const same: Layer = { name: 'same', inputs: ['x'], forward: () => new Float64Array(6) };
    const result = await run(net(wide, same));
    expect(valueOf(result, 'wide')?.[0]).toEqual([2, 4]);
    expect(valueOf(result, 'same')?.[0]).toEqual([2, 3]);
    expect(result.trace.values.get('same')?.dtype).toBe('float64');
  });

  it('is handed integers as plain numbers, and what float32 cannot hold as float64', async () => {
    let given: unknown[] = [];
    const look: Layer = {
      name: 'look',
      inputs: ['target', 'big'],
      forward({ inputs }) {
        given = [inputs['target']?.data, inputs['big']?.data];
        return 0;
      },
    };
    const big = { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 40n + 1n) } as const;
    await run({ name: 'net', layers: [look] }, { inputs: { ...INPUTS, big } });
    expect(given).toEqual([Float32Array.of(2, 0), Float64Array.of(2 ** 40 + 1)]);
  });

  it('records copies: a buffer used again does not change what was recorded', async () => {
    const buffer = new Float32Array(6);
    const reusing = (name: string, factor: number): Layer => ({
      name,
      inputs: ['x'],
      forward({ input }) {
        input.data.forEach((v, i) => (buffer[i] = factor * v));
        return buffer;
      },
    });
    const result = await run(net(reusing('a', 2), reusing('b', 3)));
    expect([valueOf(result, 'a')?.[1][0], valueOf(result, 'b')?.[1][0]]).toEqual([2, 3]);
  });

  it('runs again from the same state, bit for bit', async () => {
    const network = net(times('a', 1 / 3), times('b', 1 / 7), total());
    const [one, two] = [await run(network), await run(network)];
    for (const [name, source] of one.trace.values) {
      expect(bytesOf(two.trace.values.get(name)!.read())).toEqual(bytesOf(source.read()));
    }
    expect([...two.trace.gradients.keys()]).toEqual([...one.trace.gradients.keys()]);
  });

  it('offers its names as the map to the reference, and takes inputs and parameters by it', async () => {
    const network: Network = {
      name: 'net',
      inputs: ['image'],
      names: { image: 'x', bias: 'b', out: '/net/out' },
      layers: [
        { name: 'out', forward: ({ input, parameters }) => input.data.map((v) => v + parameters['bias']!.data[0]!) },
      ],
    };
    const subject = networkSubject(network, 'mine');
    expect([subject.name, subject.kind, subject.runs, subject.producer]).toEqual(['mine', 'network', true, 'net']);
    expect(subject.map?.get('out')).toBe('/net/out');
    const result = await run(network);
    expect(valueOf(result, 'out')?.[1][0]).toBe(1.5);
    expect([...result.trace.values.keys()]).toEqual(['image', 'bias', 'out']);
  });

  it('carries axes into the trace', async () => {
    const result = await run({ ...net(times('a', 1), total()), axes: { a: 'CN' } });
    expect(result.trace.metadata.axes).toEqual(new Map([['a', 'CN']]));
  });
});

describe('gradients that are not known', () => {
  const silent = (name: string, from?: string): Layer => ({ ...times(name, 2, from), backward: undefined as never });

  it('are left out, not zero: before a layer that has no backward pass', async () => {
    const result = await run(net(times('a', 2), silent('b'), times('c', 2), total()));
    expect([...result.trace.gradients.keys()]).toEqual(['loss', 'c', 'b']);
  });

  it('are left out where one of two uses does not tell its share', async () => {
    const both: Layer = {
      ...times('sum', 1),
      inputs: ['a', 'b'],
      backward: ({ gradient }) => ({ inputs: [gradient, gradient] }),
    };
    const result = await run(net(times('a', 2), silent('b', 'a'), both, total()));
    expect([...result.trace.gradients.keys()]).toEqual(['loss', 'sum', 'b']);
  });

  it('are known where the silent layer does not lead to the loss', async () => {
    const result = await run({ ...net(times('a', 2), silent('metric', 'a'), total('a')) });
    expect([...result.trace.gradients.keys()]).toEqual(['loss', 'a', 'x']);
  });

  it('are zero where a layer says null', async () => {
    const stopped: Layer = { ...times('stop', 2, 'x'), backward: () => ({ input: null }) };
    const both: Layer = {
      ...times('sum', 1),
      inputs: ['a', 'stop'],
      backward: ({ gradient }) => ({ inputs: [gradient, gradient] }),
    };
    const result = await run(net(times('a', 2), stopped, both, total()));
    expect(gradientOf(result, 'x')?.[1][0]).toBe(2);
  });

  it('are none at all in a network without backward passes', async () => {
    const result = await run(net(silent('a'), silent('b')));
    expect(result.trace.gradients.size).toBe(0);
  });
});

describe('where the backward pass begins', () => {
  it('is the scalar that the network names, though others follow', async () => {
    const result = await run({ ...net(times('a', 2), total(), times('later', 3, 'a')), loss: 'loss' });
    expect(gradientOf(result, 'a')?.[1][0]).toBe(1);
    expect(gradientOf(result, 'later')).toBeUndefined();
  });

  it('is the seeds, where there is no scalar', async () => {
    const seeds = { a: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const result = await run({ ...net(times('a', 2)), seeds });
    expect(gradientOf(result, 'a')?.[1]).toEqual([1, 2, 3, 4, 5, 6]);
    expect(gradientOf(result, 'x')?.[1]).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it('is an error where it is neither', async () => {
    await expect(run(net(times('a', 2)))).rejects.toThrow(/^E_LOSS.*cannot differentiate "a" of shape \[2, 3\]/);
    await expect(run({ ...net(times('a', 2), total()), loss: 'lost' })).rejects.toThrow(/^E_LOSS.*"lost".*"a", "loss"/);
  });
});
