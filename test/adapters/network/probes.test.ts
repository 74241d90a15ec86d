import { describe, expect, it } from '@jest/globals';
import type { Network, RunContext } from '../../../adapters/network/index.ts';
import { gradientOf, run, valueOf } from './run.ts';

const probed = (body: (context: RunContext) => void | Promise<void>, more: Partial<Network> = {}): Network => ({
  name: 'net',
  run: body,
  ...more,
});

describe('a network that tells a probe', () => {
  it('is recorded as it tells, copies at once, in order, with the parameters that it read', async () => {
    const buffer = new Float32Array(6);
    const result = await run(
      probed(({ inputs, parameters, probe }) => {
        buffer.set(inputs['x']!.data);
        probe('a', buffer, [6]);
        buffer.fill(parameters['b']!.data[0]!);
        probe('b1', buffer);
        probe('loss', 3);
        probe.gradient('loss', 1);
        probe.gradient('a', buffer);
        probe.gradient('x', [1, 2, 3, 4, 5, 6]);
        probe.gradient('b', [7, 8, 9]);
        buffer.fill(0);
      }),
    );
    expect(result.trace.metadata.order).toEqual(['x', 'target', 'a', 'b1', 'loss']);
    expect(valueOf(result, 'a')).toEqual([[6], [1, -2, 3, -4, 5, -6]]);
    expect(valueOf(result, 'b1')).toEqual([
      [2, 3],
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
    ]);
    expect(valueOf(result, 'loss')).toEqual([[], [3]]);
    expect(valueOf(result, 'b')?.[0]).toEqual([3]);
    expect(valueOf(result, 'w')).toBeUndefined();
    expect(gradientOf(result, 'a')).toEqual([[6], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5]]);
    expect(gradientOf(result, 'x')).toEqual([
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ]);
    expect(gradientOf(result, 'b')).toEqual([[3], [7, 8, 9]]);
    expect(result.observations).toEqual([]);
  });

  it('proves each use, and names the tensor that was really given', async () => {
    const result = await run(
      probed(({ inputs, probe }) => {
        const pool = inputs['x']!.data.map((v) => 2 * v);
        const other = inputs['x']!.data.map((v) => 3 * v);
        probe('pool1', pool, [2, 3]);
        probe('other', other, [2, 3]);
        probe.use('conv2', 'pool1', pool);
        probe.use('conv3', 'pool1', other);
        probe.use('conv4', 'pool1', [1, 2, 3]);
      }),
    );
    expect(result.observations).toEqual([
      {
        kind: 'wrong-source',
        tensor: 'conv3',
        layer: 'conv3',
        detail: 'layer "conv3" reads "pool1", but was given the numbers of "other" when it ran',
      },
      expect.objectContaining({
        layer: 'conv4',
        detail: expect.stringContaining('numbers that no recorded tensor has'),
      }),
    ]);
  });

  it('is observed to change its input, and free to step its parameters', async () => {
    const result = await run(
      probed(({ inputs, parameters, probe }) => {
        probe('y', inputs['x']!.data, [2, 3]);
        inputs['x']!.data[4] = 99;
        parameters['w']!.data[0] = 99;
      }),
    );
    expect(result.observations).toEqual([
      expect.objectContaining({
        kind: 'input-mutated',
        tensor: 'x',
        detail: expect.stringContaining('element 4 was 5, is 99'),
      }),
    ]);
    expect(valueOf(result, 'x')?.[1][4]).toBe(5);
    expect(valueOf(result, 'w')?.[1][0]).toBe(1);
  });

  it('may be async', async () => {
    const result = await run(
      probed(async ({ probe }) => {
        await Promise.resolve();
        probe('y', [1, 2], [2]);
      }),
    );
    expect(valueOf(result, 'y')).toEqual([[2], [1, 2]]);
  });

  const WRONG: readonly (readonly [string, (context: RunContext) => void, RegExp])[] = [
    ['records nothing', () => {}, /run: recorded no tensor\. Call probe/],
    [
      'throws',
      () => {
        throw new Error('boom');
      },
      /run: threw "boom"/,
    ],
    [
      'records a value twice',
      ({ probe }) => {
        probe('a', [1], [1]);
        probe('a', [2], [1]);
      },
      /probe\("a"\): was recorded before.*name of its own/,
    ],
    ['records an input again', ({ probe }) => probe('x', [1], [1]), /probe\("x"\): was recorded before/],
    [
      'records a gradient twice',
      ({ probe }) => {
        probe.gradient('x', new Float32Array(6));
        probe.gradient('x', new Float32Array(6));
      },
      /probe\.gradient\("x"\): was recorded before.*sum a gradient over its uses/,
    ],
    [
      'records a gradient of nothing',
      ({ probe }) => probe.gradient('a', [1]),
      /probe\.gradient\("a"\): no value of that name was recorded/,
    ],
    [
      'records a gradient of another size',
      ({ probe }) => probe.gradient('x', [1, 2]),
      /was given 2 elements; the value is \[2, 3\], 6 elements/,
    ],
    ['records a gradient that is none', ({ probe }) => probe.gradient('x', null as never), /was given no numbers/],
    ['records a value that is none', ({ probe }) => probe('a', undefined as never), /probe\("a"\): returned nothing/],
    [
      'records a value that does not fill its shape',
      ({ probe }) => probe('a', [1, 2], [3]),
      /probe\("a"\): returned 2 elements for the shape \[3\]/,
    ],
    [
      'uses what was not recorded',
      ({ probe }) => probe.use('conv2', 'pool', [1]),
      /probe\.use\("conv2", "pool"\): no value "pool" was recorded/,
    ],
    ['uses what is none', ({ probe }) => probe.use('conv2', 'x', undefined as never), /was given no numbers/],
    [
      'asks for an input that is none',
      ({ inputs }) => void inputs['image'],
      /asked for the input "image"\. There are: "x", "target"/,
    ],
  ];
  it.each(WRONG)('is refused with place, reason and remedy where it %s', async (_, body, message) => {
    await expect(run(probed(body))).rejects.toThrow(message);
    await expect(run(probed(body))).rejects.toMatchObject({
      code: 'E_SUBJECT',
      place: expect.stringContaining('network "net"'),
    });
  });
});
