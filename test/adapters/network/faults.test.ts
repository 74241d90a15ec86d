import { describe, expect, it } from '@jest/globals';
import { isNetwork, type Layer, type Network, networkSubject } from '../../../adapters/network/index.ts';
import { run, valueOf } from './run.ts';

const copy = (name: string, from?: string): Layer => ({
  name,
  ...(from ? { inputs: [from] } : {}),
  forward: ({ input }) => input.data.slice(),
  backward: ({ gradient }) => gradient,
});
const loss: Layer = {
  name: 'loss',
  forward: ({ input }) => input.data.reduce((a, b) => a + b, 0),
  backward: ({ input }) => input.data.map(() => 1),
};
const net = (...layers: Layer[]): Network => ({ name: 'net', inputs: ['x', 'target'], layers });
const conv = (change: object): Network => net(copy('first'), { ...copy('conv'), ...change } as Layer, loss);
const forward = (result: () => unknown): Network => conv({ forward: result });
const backward = (result: () => unknown): Network => conv({ backward: result });

const FAULTS: readonly (readonly [string, Network, RegExp])[] = [
  [
    'forward throws',
    forward(() => {
      throw new Error('out of chips');
    }),
    /forward: threw "out of chips"\. Run the network by itself/,
  ],
  [
    'forward throws no error',
    forward(() => {
      throw 'chips';
    }),
    /forward: threw "chips"/,
  ],
  ['forward rejects', forward(() => Promise.reject(new Error('late'))), /forward: threw "late"/],
  [
    'forward returns nothing',
    forward(() => undefined),
    /forward: returned nothing where a tensor was expected\. Return \{ data, shape \}/,
  ],
  ['forward returns null', forward(() => null), /forward: returned a object where/],
  ['forward returns text', forward(() => 'y'), /forward: returned a string where/],
  [
    'forward returns data that are none',
    forward(() => ({ data: 'y', shape: [1] })),
    /forward: returned data that are no numbers/,
  ],
  [
    "the length is not the shape's",
    forward(() => ({ data: new Float32Array(5), shape: [2, 3] })),
    /forward: returned 5 elements for the shape \[2, 3\], which has 6/,
  ],
  [
    'the shape is none',
    forward(() => ({ data: new Float32Array(6), shape: [2, 2.5] })),
    /forward: returned the shape 2,2\.5/,
  ],
  [
    'the shape is negative',
    forward(() => ({ data: new Float32Array(6), shape: [-2, -3] })),
    /forward: returned the shape -2,-3/,
  ],
  [
    'the shape cannot be told',
    forward(() => new Float32Array(5)),
    /forward: returned 5 bare numbers, whose shape cannot be told/,
  ],
  [
    'one of two outputs is missing',
    conv({ outputs: ['conv', 'also'], forward: () => ({ conv: 1 }) }),
    /forward, output "also": returned nothing/,
  ],
  [
    'an output is not announced',
    conv({ outputs: ['conv', 'also'], forward: () => ({ conv: 1, also: 1, more: 1 }) }),
    /forward: returned "more"\. Name it in "outputs": "conv", "also"/,
  ],
  [
    'one tensor is returned for two outputs',
    conv({ outputs: ['conv', 'also'] }),
    /forward: returned one tensor\. Return one by name/,
  ],
  [
    'a parameter is misspelt',
    conv({ forward: ({ parameters }: never) => parameters['weigth'] }),
    /asked for the parameter "weigth"\. There are: "w", "b"/,
  ],
  [
    'a parameter is declared that is none',
    conv({ parameters: ['w', 'v'] }),
    /declares the parameter "v"\. There are: "w", "b"/,
  ],
  [
    'an input is misspelt',
    conv({ forward: ({ inputs }: never) => inputs['fist'] }),
    /asked for the input "fist"\. There are: "first"/,
  ],
  [
    'it reads a tensor that comes later',
    conv({ inputs: ['loss'] }),
    /reads "loss", which no layer before it writes.*"x", "target", "first"/,
  ],
  ['it reads its own output', conv({ inputs: ['conv'] }), /reads "conv", which no layer before it writes/],
  ['it writes what another writes', conv({ outputs: ['first'] }), /writes "first" again/],
  ['it writes nothing', conv({ outputs: [] }), /writes no tensor/],
  [
    'backward throws',
    backward(() => {
      throw new TypeError('no');
    }),
    /backward: threw "no"/,
  ],
  [
    'backward returns nothing',
    backward(() => undefined),
    /backward: returned no gradients\. Return \{ input, parameters \}/,
  ],
  [
    'backward returns too few numbers',
    backward(() => new Float32Array(5)),
    /backward, gradient of "first": has 5 elements; the tensor's shape is \[2, 3\], 6 elements/,
  ],
  [
    'backward returns another shape',
    backward(() => ({ input: { data: new Float32Array(6), shape: [3, 2] } })),
    /gradient of "first": has the shape \[3, 2\]; the tensor's shape is \[2, 3\]/,
  ],
  ['backward returns no numbers', backward(() => ({ input: 'dx' })), /gradient of "first": is no array of numbers/],
  [
    'backward returns a gradient of what it does not read',
    backward(() => ({ inputs: { x: new Float32Array(6) } })),
    /returned a gradient of the input "x"\. It reads: "first"/,
  ],
  [
    'backward returns too many',
    backward(() => ({ inputs: [null, null] })),
    /returned 2 input gradients\. It reads: "first"/,
  ],
  [
    'backward returns a gradient of no parameter',
    backward(() => ({ input: null, parameters: { v: [1] } })),
    /returned a gradient of "v", which is no parameter/,
  ],
];

describe('a layer that breaks its contract', () => {
  it.each(FAULTS)('is named, with the reason: %s', async (_, network, message) => {
    await expect(run(network)).rejects.toThrow(message);
    await expect(run(network)).rejects.toMatchObject({
      code: 'E_SUBJECT',
      place: expect.stringContaining('network "net", layer "conv"'),
    });
  });

  it('keeps what it threw as the cause', async () => {
    const thrown = new Error('inner');
    await expect(
      run(
        forward(() => {
          throw thrown;
        }),
      ),
    ).rejects.toMatchObject({ cause: thrown });
  });
});

describe('what is no network', () => {
  const broken: readonly (readonly [unknown, RegExp])[] = [
    [null, /is no object with a name/],
    [{}, /is no object with a name/],
    [{ name: 'n' }, /"n": has neither "layers" and "run"/],
    [{ name: 'n', layers: [], run() {} }, /"n": has both "layers" and "run"/],
    [{ name: 'n', layers: [null] }, /"n", layer 0: has no name/],
    [{ name: 'n', layers: [{ name: 'a' }] }, /"n", layer "a": has no forward/],
  ];
  it.each(broken)('is refused: %j', (value, message) => {
    expect(isNetwork(value)).toBe(false);
    expect(() => networkSubject(value as Network, 'x')).toThrow(message);
  });

  it('differs from what is', () => {
    expect(isNetwork(net(copy('a')))).toBe(true);
    expect(isNetwork({ name: 'n', run() {} })).toBe(true);
  });

  it('is also one in which a tensor has the name of a parameter that is used', async () => {
    const uses = (name: string, from?: string): Layer => ({
      ...copy(name, from),
      forward: ({ input, parameters }) => input.data.map((v) => v * parameters['b']!.data[0]!),
    });
    await expect(run(net(copy('b'), uses('c'), loss))).rejects.toThrow(
      /layer "c": uses "b" as a parameter; a tensor has that name/,
    );
    await expect(run(net(uses('c'), copy('b'), loss))).rejects.toThrow(
      /layer "b": writes "b", which is a parameter's name/,
    );
    // The reference's parameters that the network does not use are none of its names.
    expect(valueOf(await run(net(copy('b'), loss)), 'b')?.[0]).toEqual([2, 3]);
  });

  it('is also one with a layer twice, or an input that the reference does not have', async () => {
    await expect(run(net(copy('a'), copy('a')))).rejects.toThrow(/^E_SUBJECT.*layer "a": is there twice/);
    await expect(run({ name: 'net', inputs: ['image'], layers: [copy('a')] })).rejects.toThrow(
      /^E_INPUT.*has an input "image"\. The reference's inputs are "x", "target": map it with names: \{ 'image'/,
    );
  });
});

/** A layer that spoils what it only reads, on the way back. */
const spoil = (what: 'parameter' | 'output' | 'input'): Layer => ({
  ...copy('a'),
  parameters: ['b'],
  backward({ parameters, output, input, gradient }) {
    const all = { parameter: parameters['b']!, output, input };
    all[what].data[0]! += 1;
    return gradient;
  },
});

describe('what a layer does beside its work', () => {
  it('is observed where it changes its input in place; what was recorded stays as it was', async () => {
    const inPlace: Layer = {
      ...copy('relu'),
      forward: ({ input }) => {
        input.data.forEach((v, i) => (input.data[i] = Math.max(0, v)));
        return input.data;
      },
    };
    const result = await run(net(copy('a'), inPlace, loss));
    expect(valueOf(result, 'a')?.[1]).toEqual([1, -2, 3, -4, 5, -6]);
    expect(valueOf(result, 'relu')?.[1]).toEqual([1, 0, 3, 0, 5, 0]);
    expect(result.observations).toEqual([
      {
        kind: 'input-mutated',
        tensor: 'a',
        layer: 'relu',
        detail: 'layer "relu" changed "a" in place in its forward pass: element 1 was -2, is 0',
      },
    ]);
  });

  it('is observed where it changes a parameter, an output or an input on the way back', async () => {
    for (const [what, tensor] of [
      ['parameter', 'b'],
      ['output', 'a'],
      ['input', 'x'],
    ] as const) {
      const { observations } = await run(net(spoil(what), loss));
      expect(observations).toEqual([expect.objectContaining({ kind: 'input-mutated', tensor, layer: 'a' })]);
      expect(observations[0]?.detail).toMatch(/in its backward pass: element 0 was/);
    }
  });

  it('may use the gradient that arrived as scratch space: what arrived is what is recorded', async () => {
    const scratch: Layer = { ...copy('a'), backward: ({ gradient }) => gradient.fill(7).slice() };
    const result = await run(net(scratch, loss));
    expect(result.trace.gradients.get('a')?.read().data).toEqual(new Float32Array(6).fill(1));
    expect(result.trace.gradients.get('x')?.read().data).toEqual(new Float32Array(6).fill(7));
  });

  it('is observed where a buffer is used again before it was read: the layer is fed another tensor', async () => {
    const buffer = new Float32Array(6);
    const into = (name: string, factor: number): Layer => ({
      name,
      inputs: ['x'],
      forward: ({ input }) => {
        input.data.forEach((v, i) => (buffer[i] = factor * v));
        return { data: buffer, shape: [2, 3] };
      },
    });
    const result = await run(net(into('a', 2), into('b', 3), { ...copy('c', 'a') }, loss));
    expect(result.observations).toEqual([
      {
        kind: 'wrong-source',
        tensor: 'c',
        layer: 'c',
        detail: 'layer "c" reads "a", but was given the numbers of "b" in its forward pass',
      },
    ]);
  });

  it('may return its input as it is: a view is no change', async () => {
    const view: Layer = {
      name: 'flat',
      forward: ({ input }) => ({ data: input.data, shape: [6] }),
      backward: ({ gradient }) => gradient,
    };
    const result = await run(net(copy('a'), view, loss));
    expect(result.observations).toEqual([]);
    expect(valueOf(result, 'flat')?.[0]).toEqual([6]);
  });
});
