import { describe, expect, it } from '@jest/globals';
import type { Network, NetworkTensor } from '../../../adapters/network/index.ts';
import { float32 } from '../../../harness/tensor.ts';
import { gradientOf, PARAMETERS, run, valueOf } from './run.ts';

const w = () => ({ data: new Float32Array(9), shape: [3, 3] });
const first = (network: Partial<Network>, data: () => ArrayLike<number>): Network => ({
  name: 'net',
  layers: [{ name: 'y', forward: () => ({ data: data(), shape: [data().length] }) }],
  ...network,
});
const own = (change: Partial<Network>) => run(first(change, () => [1]));
const from = (data: ArrayLike<number>, shape: number[]): NetworkTensor => ({ data: Float32Array.from(data), shape });
const reference = PARAMETERS['w']!.data as Float32Array;

describe('parameters', () => {
  it('are copied into the arrays that the network already has, which its code may hold on to', async () => {
    const mine = w();
    const result = await run(first({ parameters: { w: mine } }, () => mine.data));
    expect(valueOf(result, 'y')?.[1]).toEqual([...reference]);
    expect(valueOf(result, 'w')?.[1]).toEqual([...reference]);
    expect(valueOf(result, 'b')).toBeUndefined();
    mine.data.fill(0);
    expect(valueOf(result, 'w')?.[1]).toEqual([...reference]);
  });

  it('are loaded anew in each run: what one run did to them does not reach the next', async () => {
    const mine = w();
    const stepping: Network = {
      name: 'net',
      parameters: { w: mine },
      layers: [
        {
          name: 'y',
          forward: ({ parameters }) => ({ data: parameters['w']!.data.map((x, i, all) => all[i]!++ + x), shape: [9] }),
        },
      ],
    };
    const [one, two] = [await run(stepping), await run(stepping)];
    expect(valueOf(two, 'y')).toEqual(valueOf(one, 'y'));
    expect(one.observations).toEqual([expect.objectContaining({ kind: 'input-mutated', tensor: 'w' })]);
  });

  it('are proven where a network loads and reads them in its own way', async () => {
    let columns = new Float32Array(0);
    const turned = (x: ArrayLike<number>) =>
      Float32Array.from({ length: 9 }, (_, i) => x[(i % 3) * 3 + Math.floor(i / 3)]!);
    const network: Network = {
      ...first({}, () => columns),
      load: async ({ w: given }) => {
        columns = turned(given!.data);
        return Promise.resolve();
      },
      read: () => ({ w: { data: turned(columns), shape: [3, 3] } }),
    };
    const result = await run(network);
    expect(valueOf(result, 'y')?.[1]).toEqual([1, 4, 7, 2, 5, 8, 3, 6, 9]);
    expect(valueOf(result, 'w')?.[1]).toEqual([...reference]);
  });

  it('are not claimed to be equal where they are loaded and never read back', async () => {
    let held: Float32Array = new Float32Array(0);
    const network: Network = {
      name: 'net',
      load: ({ b }) => {
        held = b!.data;
      },
      layers: [
        {
          name: 'y',
          forward: () => ({ data: held, shape: [3] }),
          backward: ({ gradient }) => ({ input: null, parameters: { b: gradient } }),
        },
      ],
      seeds: { y: Float32Array.of(1, 2, 3) },
    };
    const result = await run(network);
    expect([...result.trace.values.keys()]).toEqual(['x', 'target', 'y']);
  });

  it('are handed over as copies: a network that spoils them does not spoil what they are compared with', async () => {
    const network = first(
      { load: ({ w: given }) => void given!.data.fill(0), read: () => ({ w: from(reference, [3, 3]) }) },
      () => [1],
    );
    expect(valueOf(await run(network), 'w')?.[1]).toEqual([...reference]);
  });

  it('have gradients by the names that the network gives them', async () => {
    const network: Network = {
      name: 'net',
      names: { scale: 'b' },
      parameters: { scale: from([0, 0, 0], [3]) },
      seeds: { y: Float32Array.of(1, 2, 3) },
      layers: [
        {
          name: 'y',
          forward: ({ parameters }) => ({ data: parameters['scale']!.data.slice(), shape: [3] }),
          backward: ({ gradient }) => ({ inputs: [null], parameters: { scale: gradient } }),
        },
      ],
    };
    expect(gradientOf(await run(network), 'scale')).toEqual([[3], [1, 2, 3]]);
  });
});

const read = (data: ArrayLike<number>, shape = [3, 3]): Partial<Network> => ({
  read: () => ({ w: from(data, shape) }),
});
const WRONG: readonly (readonly [string, Partial<Network>, RegExp])[] = [
  ['transposed', read([1, 4, 7, 2, 5, 8, 3, 6, 9]), /"w" was transposed/],
  ['in another order', read([9, 8, 7, 6, 5, 4, 3, 2, 1]), /"w" has the same numbers in another order/],
  ['not loaded', read(new Float32Array(9)), /"w" is all 0: it was not loaded/],
  [
    'wrong in one element',
    read([1, 2, 3, 4, 5, 6, 7, 8, 10]),
    /"w" differs in 1 of 9 elements, first in element 8 \(10 for 9\)/,
  ],
  [
    'NaN',
    read([1, 2, 3, 4, Number.NaN, 6, 7, 8, 9]),
    /"w" differs in 1 of 9 elements, first in element 4 \(NaN for 5\)/,
  ],
  ['of another shape', read(reference, [9]), /"w" is \[9\], the reference's is \[3, 3\]/],
  [
    'of another shape before loading',
    { parameters: { w: from([1, 2], [2]) } },
    /"w" is \[2\], the reference's is \[3, 3\]/,
  ],
  [
    'shaped as it says, but shorter',
    { parameters: { w: { data: new Float32Array(8), shape: [3, 3] } } },
    /"w" is \[3, 3\]/,
  ],
  ["not among the reference's", { parameters: { v: w() } }, /"v" is not among the reference's, which are "w", "b"/],
  ['no tensor', { parameters: { w: 3 as never } }, /"w" is no \{ data, shape \}/],
  ['two at once', { parameters: { w: from([1], [1]), b: from([1], [1]) } }, /"w" is \[1\].*; "b" is \[1\]/],
];

describe('parameters that did not arrive', () => {
  it.each(WRONG)('are listed, with what was done to them: %s', async (_, change, message) => {
    await expect(own(change)).rejects.toThrow(message);
    await expect(own(change)).rejects.toThrow(/^E_SUBJECT {2}network "net": does not hold the reference's parameters/);
  });

  it('because load or read threw are told so', async () => {
    const boom = () => {
      throw new Error('boom');
    };
    await expect(own({ load: boom })).rejects.toThrow(/^E_SUBJECT {2}network "net", load: threw "boom"/);
    await expect(own({ read: boom })).rejects.toThrow(/^E_SUBJECT {2}network "net", read: threw "boom"/);
    await expect(own({ read: () => undefined as never })).rejects.toThrow(/read: returned no parameters/);
    await expect(own({ load: ({ typo }) => void typo })).rejects.toThrow(
      /load: asked for the parameter "typo"\. There are: "w", "b"/,
    );
  });

  it('may hold NaN on both sides', async () => {
    const parameters = { b: float32([1], [Number.NaN]) };
    const result = await run(
      first({ parameters: { b: from([0], [1]) } }, () => [1]),
      { parameters },
    );
    expect(valueOf(result, 'b')).toEqual([[1], [Number.NaN]]);
  });
});
