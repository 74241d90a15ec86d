import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, filled, int, ints, normal } from '../../support/diagnosis-kit.ts';

/** x [2, 6, 7, 9] through a 3×3 convolution to 4 channels, and what a hand-written loop may do otherwise. */
interface Loop {
  stride?: number;
  dilation?: number;
  begin?: readonly [number, number];
  groups?: number;
  /** Index of the kernel tap that is used for tap (u, v). */
  tap?: (u: number, v: number) => readonly [number, number];
  /** Input channel read for channel c of group g. */
  channel?: (g: number, c: number) => number;
  pixel?: (i: number, size: number) => number;
  bias?: (n: number, m: number, i: number, j: number) => number;
  weight?: (m: number, c: number, u: number, v: number) => number;
  terms?: number;
}

const at = (t: Tensor, ...index: number[]): number =>
  t.data[index.reduce((sum, i, a) => sum * (t.shape[a] as number) + i, 0)] as number;

const outside = (i: number, size: number): number => (i < 0 || i >= size ? -1 : i);

function loop(x: Tensor, w: Tensor, b: Tensor, out: readonly [number, number], wrong: Loop): Tensor {
  const { stride = 1, dilation = 1, begin = [1, 1], groups = 1 } = wrong;
  const { tap = (u, v) => [u, v], pixel = outside, terms = Number.POSITIVE_INFINITY } = wrong;
  const [features, inner, kh, kw] = w.shape as [number, number, number, number];
  const weight = wrong.weight ?? ((m, c, u, v) => at(w, m, c, ...tap(u, v)));
  const channel = wrong.channel ?? ((g, c) => g * inner + c);
  const bias = wrong.bias ?? ((_n, m) => at(b, m));
  return filled([x.shape[0] as number, features, ...out], ([n, m, i, j]) => {
    const g = Math.floor((m as number) / (features / groups));
    let sum = 0;
    let term = 0;
    for (let c = 0; c < inner; c++)
      for (let u = 0; u < kh; u++)
        for (let v = 0; v < kw; v++) {
          const row = pixel((i as number) * stride + u * dilation - begin[0], x.shape[2] as number);
          const column = pixel((j as number) * stride + v * dilation - begin[1], x.shape[3] as number);
          if (term++ < terms && row >= 0 && column >= 0)
            sum += weight(m as number, c, u, v) * at(x, n as number, channel(g, c), row, column);
        }
    return sum + bias(n as number, m as number, i as number, j as number);
  });
}

function network(w: Tensor, b: Tensor, attributes: Attributes, opset = 17, relu = false): Graph {
  const g = new GraphBuilder('conv', opset);
  const x = g.input('x', 'float32', [2, 6, 7, 9]);
  const y = g.node(
    'Conv',
    [g.node('Neg', [x], {}, { outputNames: ['h'] }), g.initializer('w', w), g.initializer('b', b)],
    attributes,
    {
      outputNames: ['y'],
    },
  );
  g.output(relu ? g.node('Relu', [y], {}, { outputNames: ['z'] }) : y);
  return g.graph();
}

const x = normal([2, 6, 7, 9], 1);
const h: Tensor = { ...x, data: (x.data as Float32Array).map((v) => -v) };
const w = normal([4, 6, 3, 3], 2, 0.3);
const b = normal([4], 3, 0.5);
const wg = normal([4, 3, 3, 3], 4, 0.3);
const padded = { pads: ints(1, 1, 1, 1) };

function causeOf(attributes: Attributes, subject: Tensor, weight = w, opset = 17): string | null {
  const graph = network(weight, b, attributes, opset);
  return diagnose({ graph, values: new Map([['x', x]]), tensor: 'y', subject }).cause?.id ?? null;
}

const size = (out: readonly [number, number], wrong: Loop) => loop(h, w, b, out, wrong);
const clamp = (i: number, n: number): number => Math.min(n - 1, Math.max(0, i));
const mirror = (i: number, n: number): number => (i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i);

describe('a convolution by hand', () => {
  it('is computed by the loop of this file as the oracle computes it, so that what follows are single bugs', () => {
    const right = computed(network(w, b, padded), new Map([['x', x]]), 'y').data as Float32Array;
    const own = size([7, 9], {}).data as Float32Array;
    expect(Math.max(...own.map((v, i) => Math.abs(v - (right[i] as number))))).toBeLessThan(1e-5);
    expect(causeOf(padded, size([7, 9], {}))).toBeNull();
  });

  it.each<[string, string, Attributes, () => Tensor]>([
    ['bias left out', 'bias.missing', padded, () => size([7, 9], { bias: () => 0 })],
    ['bias added twice', 'bias.doubled', padded, () => size([7, 9], { bias: (_, m) => 2 * at(b, m) })],
    ['bias by row', 'bias.axis', padded, () => size([7, 9], { bias: (_n, _m, i) => at(b, i % 4) })],
    ['bias by example', 'bias.axis', padded, () => size([7, 9], { bias: (n) => at(b, n) })],
    ['kernel turned by 180°', 'conv.kernel-flipped', padded, () => size([7, 9], { tap: (u, v) => [2 - u, 2 - v] })],
    ['kernel mirrored', 'conv.kernel-flipped', padded, () => size([7, 9], { tap: (u, v) => [u, 2 - v] })],
    ['kernel with rows as columns', 'conv.kernel-transposed', padded, () => size([7, 9], { tap: (u, v) => [v, u] })],
    ['padding all before', 'conv.padding', padded, () => size([7, 9], { begin: [2, 2] })],
    ['padding all after', 'conv.padding', padded, () => size([7, 9], { begin: [0, 0] })],
    [
      'padding of width and height swapped',
      'conv.padding',
      { pads: ints(2, 0, 0, 2) },
      () => size([7, 9], { begin: [0, 2] }),
    ],
    ['edges repeated', 'conv.padding-mode', padded, () => size([7, 9], { pixel: clamp })],
    ['image reflected', 'conv.padding-mode', padded, () => size([7, 9], { pixel: mirror })],
    [
      'SAME_LOWER taken for SAME_UPPER',
      'conv.padding',
      { auto_pad: { kind: 'string', value: 'SAME_UPPER' }, strides: ints(2, 2) },
      () => size([4, 5], { stride: 2, begin: [0, 0] }),
    ],
    ['stride ignored', 'conv.stride', { ...padded, strides: ints(2, 2) }, () => size([4, 5], {})],
    [
      'dilation ignored',
      'conv.dilation',
      { pads: ints(2, 2, 2, 2), dilations: ints(2, 2) },
      () => size([7, 9], { begin: [2, 2] }),
    ],
    [
      'dilation ignored, the window kept in the middle',
      'conv.dilation',
      { pads: ints(2, 2, 2, 2), dilations: ints(2, 2) },
      () => size([7, 9], {}),
    ],
    ['the last term of the sum left out', 'linear.tail-dropped', padded, () => size([7, 9], { terms: 53 })],
    ['a remainder of 6 terms left out', 'linear.tail-dropped', padded, () => size([7, 9], { terms: 48 })],
    [
      'weights stored as HWIO read as OIHW',
      'parameter.layout',
      padded,
      () => size([7, 9], { weight: (m, c, u, v) => w.data[((u * 3 + v) * 6 + c) * 4 + m] as number }),
    ],
  ])('with its %s is named %s', (_, cause, attributes, subject) => {
    expect(causeOf(attributes, subject())).toBe(cause);
  });

  it.each<[string, (g: number, c: number) => number]>([
    ['every group reads the first slice', (_, c) => c],
    ['groups read one another’s slice', (g, c) => (1 - g) * 3 + c],
    ['groups interleave', (g, c) => c * 2 + g],
  ])('where %s is conv.groups', (_, channel) => {
    const subject = loop(h, wg, b, [7, 9], { groups: 2, channel });
    expect(causeOf({ ...padded, group: int(2) }, subject, wg)).toBe('conv.groups');
  });

  it('is diagnosed through the ReLU that it is fused with', () => {
    const graph = network(w, b, padded, 17, true);
    const made = size([7, 9], { tap: (u, v) => [2 - u, 2 - v] });
    const subject = { ...made, data: (made.data as Float32Array).map((v) => Math.max(0, v)) };
    const site = diagnose({ graph, values: new Map([['x', x]]), tensor: 'z', subject, recorded: ['h', 'z'] });
    expect(site.cause?.id).toBe('conv.kernel-flipped');
  });

  it('has its padding mode named before opset 11 too', () => {
    expect(causeOf(padded, size([7, 9], { pixel: clamp }), w, 9)).toBe('conv.padding-mode');
  });

  it('that is wrong in no known way is not named', () => {
    const noisy = size([7, 9], {});
    const other = normal([2, 4, 7, 9], 9, 0.01);
    const subject = { ...noisy, data: (noisy.data as Float32Array).map((v, i) => v + (other.data[i] as number)) };
    expect(causeOf(padded, subject)).toBeNull();
  });

  it('with another scale of each channel is not named', () => {
    const subject = size([7, 9], { weight: (m, c, u, v) => at(w, m, c, u, v) * (1 + 0.1 * Math.sin(m + 3 * c)) });
    expect(causeOf(padded, subject)).toBeNull();
  });
});

describe('a transposed convolution by hand', () => {
  const t = normal([6, 4, 3, 3], 5, 0.3);
  const attributes = { strides: ints(2, 2), pads: ints(1, 1, 1, 1), output_padding: ints(1, 1) };
  const graph = (() => {
    const g = new GraphBuilder('up', 17);
    const y = g.node(
      'ConvTranspose',
      [g.input('x', 'float32', x.shape), g.initializer('w', t), g.initializer('b', b)],
      attributes,
      {
        outputNames: ['y'],
      },
    );
    g.output(y);
    return g.graph();
  })();

  /** Gathers instead of spreading: output (i, j) is met by input (i + crop − u) / 2. */
  function up(crop: number, tap: (k: number) => number): Tensor {
    return filled([2, 4, 14, 18], ([n, m, i, j]) => {
      let sum = at(b, m as number);
      for (let c = 0; c < 6; c++)
        for (let u = 0; u < 3; u++)
          for (let v = 0; v < 3; v++) {
            const [row, column] = [((i as number) + crop - u) / 2, ((j as number) + crop - v) / 2];
            if (!Number.isInteger(row) || !Number.isInteger(column) || row < 0 || column < 0 || row > 6 || column > 8)
              continue;
            sum += at(x, n as number, c, row, column) * at(t, c, m as number, tap(u), tap(v));
          }
      return sum;
    });
  }
  const causeOfUp = (subject: Tensor): string | null =>
    diagnose({ graph, values: new Map([['x', x]]), tensor: 'y', subject }).cause?.id ?? null;

  it('is computed rightly by the loop of this file', () => {
    expect(causeOfUp(up(1, (k) => k))).toBeNull();
    const right = computed(graph, new Map([['x', x]]), 'y').data as Float32Array;
    expect(
      Math.max(...(up(1, (k) => k).data as Float32Array).map((v, i) => Math.abs(v - (right[i] as number)))),
    ).toBeLessThan(1e-5);
  });

  it('with its kernel turned round is conv.kernel-flipped', () => {
    expect(causeOfUp(up(1, (k) => 2 - k))).toBe('conv.kernel-flipped');
  });

  it('cropped at the other side is conv.padding', () => {
    expect(causeOfUp(up(0, (k) => k))).toBe('conv.padding');
    expect(causeOfUp(up(2, (k) => k))).toBe('conv.padding');
  });
});
