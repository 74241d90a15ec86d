import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, int64, toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, filled, int, ints, normal } from '../../support/diagnosis-kit.ts';

const [B, H, T, D] = [3, 2, 5, 6];
const half = D / 2;

describe('rotary positions written out', () => {
  const angle = (t: number, i: number): number => t / 10 ** (i / half);
  const b = new GraphBuilder('rotary', 21);
  const x = normal([B, H, T, D], 7);
  b.input('x', 'float32', [B, H, T, D]);
  const table = (wave: (a: number) => number) => filled([T, D], ([t = 0, i = 0]) => wave(angle(t, i % half)));
  b.initializer('cos', table(Math.cos));
  b.initializer('sin', table(Math.sin));
  const [first, second] = b.nodes('Split', ['x'], { axis: int(-1), num_outputs: int(2) }, { outputs: 2 });
  const turned = b.node('Concat', [b.node('Neg', [second as string]), first as string], { axis: int(-1) });
  b.output(b.node('Add', [b.node('Mul', ['x', 'cos']), b.node('Mul', [turned, 'sin'])], {}, { name: 'rope' }));
  const graph = b.graph();

  const rotated = (pair: (i: number) => readonly [number, number], start: number): Tensor => {
    const data = toNumbers(x);
    const y = data.slice();
    for (let row = 0; row < B * H * T; row++) {
      for (let i = 0; i < half; i++) {
        const [p, q] = pair(i).map((d) => row * D + d) as [number, number];
        const a = angle((row % T) + start, i);
        y[p] = Math.cos(a) * data[p]! - Math.sin(a) * data[q]!;
        y[q] = Math.sin(a) * data[p]! + Math.cos(a) * data[q]!;
      }
    }
    return fromNumbers('float32', x.shape, y);
  };
  const halves = (i: number) => [i, i + half] as const;
  const neighbours = (i: number) => [2 * i, 2 * i + 1] as const;
  const caused = (subject: Tensor) =>
    diagnose({ graph, values: new Map([['x', x]]), tensor: 'rope_out', subject, recorded: [] }).cause;

  it.each([
    ['rope.pairing', /neighbours/, rotated(neighbours, 0)],
    ['position.offset', /off by \+1/, rotated(halves, 1)],
    ['position.offset', /off by −1/, rotated(halves, -1)],
    ['position.offset', /left out/, x],
  ] as const)('are named %s (%s)', (cause, claim, subject) => {
    expect(caused(subject)).toMatchObject({ id: cause, claim: expect.stringMatching(claim) });
  });

  it('are nothing that has a name two positions on, or where pairs lie otherwise', () => {
    expect(caused(rotated(halves, 2))?.id).not.toBe('rope.pairing');
    const crossed = caused(rotated((i) => [i, D - 1 - i], 0));
    expect(crossed?.id ?? 'none').not.toMatch(/rope|position/);
  });
});

describe('attention in one layer', () => {
  const b = new GraphBuilder('heads', 17);
  const values = new Map(['q', 'k', 'v'].map((name, i) => [name, normal([B, T, H * D], i + 1)] as const));
  for (const name of values.keys()) b.input(name, 'float32', [B, T, H * D]);
  b.initializer('apart', int64([4], [B, T, H, D]));
  b.initializer('together', int64([3], [B, T, H * D]));
  const split = (name: string, perm: number[]) =>
    b.node('Transpose', [b.node('Reshape', [name, 'apart'])], { perm: ints(...perm) });
  const scores = b.node('MatMul', [split('q', [0, 2, 1, 3]), split('k', [0, 2, 3, 1])]);
  const means = b.node('MatMul', [b.node('Softmax', [scores], { axis: int(-1) }), split('v', [0, 2, 1, 3])]);
  const merged = b.node('Transpose', [means], { perm: ints(0, 2, 1, 3) });
  b.output(b.node('Reshape', [merged, 'together'], {}, { name: 'end' }));
  const graph = b.graph();

  /** Heads taken apart, and put together, by `split` and `merge`: where element d of position t of head h lies. */
  type Place = (h: number, t: number, d: number) => number;
  const right: Place = (h, t, d) => (t * H + h) * D + d;
  const unmoved: Place = (h, t, d) => (h * T + t) * D + d;
  const attended = (from: Place, to: Place): Tensor => {
    const [q, k, v] = ['q', 'k', 'v'].map((name) => toNumbers(values.get(name)!)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    const y = new Float64Array(q.length);
    for (let at = 0; at < B * H * T; at++) {
      const [t, h, base] = [at % T, Math.floor(at / T) % H, Math.floor(at / (T * H)) * T * H * D];
      const powers = Array.from({ length: T }, (_, s) => {
        let dot = 0;
        for (let d = 0; d < D; d++) dot += q[base + from(h, t, d)]! * k[base + from(h, s, d)]!;
        return Math.exp(dot);
      });
      const sum = powers.reduce((s, p) => s + p, 0);
      for (let d = 0; d < D; d++) {
        y[base + to(h, t, d)] = powers.reduce((s, p, i) => s + (p / sum) * v[base + from(h, i, d)]!, 0);
      }
    }
    return fromNumbers('float32', [B, T, H * D], y);
  };
  const site = (subject: Tensor) => diagnose({ graph, values, tensor: 'end_out', subject, recorded: [] });

  it('is named where queries, keys and values are all split without the transposition, and where they are merged so too', () => {
    for (const to of [right, unmoved]) {
      const { cause } = site(attended(unmoved, to));
      expect(cause).toMatchObject({ id: 'attention.heads-merged', claim: expect.stringContaining('places') });
    }
  });

  it('is named where only the merging is wrong, before another order of flattening', () => {
    expect(site(attended(right, unmoved)).cause?.id).toBe('attention.heads-merged');
  });

  it('is given no cause where heads lie otherwise altogether', () => {
    const other: Place = (h, t, d) => (d * T + t) * H + h;
    expect(site(attended(other, right)).candidates.map(({ id }) => id)).not.toContain('attention.heads-merged');
  });
});

describe('dropout in training, as products', () => {
  const b = new GraphBuilder('dropout', 21);
  const values = new Map([
    ['x', normal([B, T, 11], 3)],
    ['mask', filled([B, T, 11], ([i = 0, j = 0, k = 0]) => ((7 * i + 3 * j + 5 * k) % 10 < 7 ? 1 : 0))],
  ]);
  for (const name of values.keys()) b.input(name, 'float32', [B, T, 11]);
  b.initializer('scale', fromNumbers('float32', [], [1 / 0.7]));
  b.output(b.node('Mul', [b.node('Mul', ['x', 'mask']), 'scale'], {}, { name: 'dropped' }));
  const graph = b.graph();
  const times = (factor: number) => {
    const right = computed(graph, values, 'dropped_out');
    const subject = fromNumbers(
      'float32',
      right.shape,
      toNumbers(right).map((x) => x * factor),
    );
    return diagnose({ graph, values, tensor: 'dropped_out', subject, recorded: [] }).cause?.id;
  };

  it('is named where what is kept is not scaled, and only there', () => {
    expect(times(0.7)).toBe('dropout.scale');
    expect(times(0.6)).toBe('scale.constant');
  });
});
