import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { blame, normal, type Pass, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';
import { int } from '../../support/diagnosis-kit.ts';

const [B, N, T, D] = [2, 2, 5, 3];
const W = N * D;

/** How the way back through one head may differ. */
interface Bug {
  /** From weights and their gradients to the gradient of the scores. */
  jacobian?: (p: number, d: number) => number;
  /** The weights are computed again without the mask. */
  unmasked?: true;
  scales?: readonly [q: number, k: number];
  turned?: true;
  only?: 'values';
}

type Rows = number[][];

/** Weights of softmax(q·kᵀ/√D); a row sees the columns up to its own where `causal`. */
const weightsOf = (q: Rows, k: Rows, causal: boolean): Rows =>
  q.map((row, i) => {
    const e = k.map((key, j) =>
      causal && j > i ? 0 : Math.exp(row.reduce((s, x, c) => s + x * key[c]!, 0) / Math.sqrt(D)),
    );
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((x) => x / sum);
  });

function headBack(q: Rows, k: Rows, v: Rows, dy: Rows, causal: boolean, bug: Bug): { q: Rows; k: Rows; v: Rows } {
  const p = weightsOf(q, k, causal && bug.unmasked !== true);
  const [sq, sk] = bug.scales ?? [1, 1];
  const ds = p.map((row, i) => {
    const d = v.map((value) => value.reduce((s, x, c) => s + x * dy[i]![c]!, 0));
    const along = row.reduce((s, w, j) => s + w * d[j]!, 0);
    return row.map((w, j) => (bug.only ? 0 : (bug.jacobian?.(w, d[j]!) ?? w * (d[j]! - along)) / Math.sqrt(D)));
  });
  const times = (m: Rows, x: Rows, turn: boolean, factor = 1): Rows =>
    m.map((_, i) =>
      Array.from(
        { length: D },
        (_, c) => factor * x.reduce((s, row, j) => s + (turn ? m[j]![i]! : m[i]![j]!) * row[c]!, 0),
      ),
    );
  return { q: times(ds, k, false, sq), k: times(ds, q, bug.turned !== true, sk), v: times(p, dy, true) };
}

/** The rows of one head in [batch, sequence, width], from a column on. */
const rowsOf = (x: ArrayLike<number>, width: number, b: number, from: number): Rows =>
  Array.from({ length: T }, (_, t) => Array.from({ length: D }, (_, c) => x[(b * T + t) * width + from + c]!));

/** What goes back to queries, keys and values that lie side by side: [batch, sequence, 3·heads·size]. */
function back(qkv: ArrayLike<number>, dy: ArrayLike<number>, causal: boolean, bug: Bug): number[] {
  const out = Array.from({ length: B * T * 3 * W }, () => 0);
  for (let b = 0; b < B; b++)
    for (let n = 0; n < N; n++) {
      const [q, k, v] = [0, 1, 2].map((i) => rowsOf(qkv, 3 * W, b, i * W + n * D)) as [Rows, Rows, Rows];
      const found = headBack(q, k, v, rowsOf(dy, W, b, n * D), causal, bug);
      [found.q, found.k, found.v].forEach((rows, i) => {
        rows.forEach((row, t) => row.forEach((x, c) => (out[(b * T + t) * 3 * W + i * W + n * D + c] = x)));
      });
    }
  return out;
}

const BUGS: readonly (readonly [string, Bug, string, string])[] = [
  ['only the diagonal', { jacobian: (p, d) => p * (1 - p) * d }, 'gradient.softmax-diagonal', 'diagonal'],
  ['no sum', { jacobian: (p, d) => p * d }, 'gradient.softmax-diagonal', 'sum over the other keys'],
  ['no softmax', { jacobian: (_, d) => d }, 'gradient.derivative-wrong', 'unchanged'],
  ['no mask', { unmasked: true }, 'attention.mask-missing', 'without the mask'],
  ['no scale for the queries', { scales: [Math.sqrt(D), 1] }, 'attention.scale', 'queries'],
  ['scores not transposed', { turned: true }, 'gradient.weight-not-transposed', 'not transposed for the keys'],
  ['weights taken for constants', { only: 'values' }, 'gradient.overwritten', 'taken for constants'],
];

describe('attention that makes queries, keys and values itself', () => {
  const g = new GraphBuilder('attention', 21);
  const h = g.node('Identity', [g.input('x', 'float32', [B, T, 4])], {}, { outputNames: ['h'] });
  const inputs = [h, g.initializer('w', normal([4, 3 * W], 2, 0.6)), g.initializer('b', normal([3 * W], 3, 0.5))];
  const attributes = { num_heads: int(N), unidirectional: int(1) };
  g.output(g.node('Attention', inputs, attributes, { domain: 'com.microsoft', outputNames: ['y'] }));
  const pass = passOf(g.graph(), { x: normal([B, T, 4], 1) }, ['y']);
  const [x, w, bias] = [valueIn(pass, 'h'), valueIn(pass, 'w'), valueIn(pass, 'b')];
  const qkv = Array.from({ length: B * T * 3 * W }, (_, i) => {
    const [row, column] = [Math.floor(i / (3 * W)), i % (3 * W)];
    return [0, 1, 2, 3].reduce((s, c) => s + x[row * 4 + c]! * w[c * 3 * W + column]!, bias[column]!);
  });

  it.each(BUGS)('%s is named by what it reads, its weight and its bias', (_, bug, cause, words) => {
    const d = back(qkv, seedIn(pass, 'y'), true, bug);
    const dx = Array.from(x, (_, i) => {
      let s = 0;
      for (let c = 0; c < 3 * W; c++) s += d[Math.floor(i / 4) * 3 * W + c]! * w[(i % 4) * 3 * W + c]!;
      return s;
    });
    const dw = Array.from(w, (_, i) => {
      let s = 0;
      for (let r = 0; r < B * T; r++) s += x[r * 4 + Math.floor(i / (3 * W))]! * d[r * 3 * W + (i % (3 * W))]!;
      return s;
    });
    for (const [name, wrong, shape] of [
      ['h', dx, [B, T, 4]],
      ['w', dw, [4, 3 * W]],
    ] as const) {
      const found = blame(pass, name, wrong, shape).cause;
      expect(found?.id).toBe(cause);
      expect(found?.claim).toContain(words);
    }
  });

  it('is not named where it is right', () => {
    expect(blame(pass, 'h', rightGradient(pass, 'h'), [B, T, 4]).cause).toBe(null);
  });
});

/** Queries, keys and values of three inputs, by ONNX Runtime's operator or the standard's, or one tensor for all three. */
function threeInputs(op: 'MultiHeadAttention' | 'Attention', shared: boolean): Pass {
  const g = new GraphBuilder(op, 23);
  const h = g.node('Identity', [g.input('x', 'float32', [B, T, W])], {}, { outputNames: ['h'] });
  const other = (name: string, seed: number): string => (shared ? h : g.initializer(name, normal([B, T, W], seed)));
  const inputs = [h, other('k', 2), other('v', 3)];
  const [attributes, domain] =
    op === 'Attention'
      ? [{ q_num_heads: int(N), kv_num_heads: int(N), is_causal: int(1) }, '']
      : [{ num_heads: int(N), unidirectional: int(1) }, 'com.microsoft'];
  g.output(g.node(op, inputs, attributes, { domain, outputNames: ['y'] }));
  return passOf(g.graph(), { x: normal([B, T, W], 1) }, ['y']);
}

describe.each(['MultiHeadAttention', 'Attention'] as const)('%s of queries, keys and values', (op) => {
  const sides = (pass: Pass, names: readonly string[]): number[] => {
    const values = names.map((name) => valueIn(pass, name));
    return Array.from({ length: B * T * 3 * W }, (_, i) => {
      const [row, column] = [Math.floor(i / (3 * W)), i % (3 * W)];
      return values[Math.floor(column / W)]![row * W + (column % W)]!;
    });
  };
  const part = (d: readonly number[], i: number): number[] =>
    Array.from({ length: B * T * W }, (_, at) => d[Math.floor(at / W) * 3 * W + i * W + (at % W)]!);

  it.each(BUGS.slice(0, 4))('%s is named by what queries and keys get', (_, bug, cause, words) => {
    const pass = threeInputs(op, false);
    const d = back(sides(pass, ['h', 'k', 'v']), seedIn(pass, 'y'), true, bug);
    for (const [i, name] of ['h', 'k'].entries()) {
      const found = blame(pass, name, part(d, i), [B, T, W]).cause;
      expect(found?.id).toBe(cause);
      expect(found?.claim).toContain(words);
    }
  });

  it.each(BUGS.slice(0, 4))('%s is named where one tensor is all three', (_, bug, cause, words) => {
    const pass = threeInputs(op, true);
    const d = back(sides(pass, ['h', 'h', 'h']), seedIn(pass, 'y'), true, bug);
    const wrong = part(d, 0).map((v, i) => v + part(d, 1)[i]! + part(d, 2)[i]!);
    const found = blame(pass, 'h', wrong, [B, T, W]).cause;
    expect(found?.id).toBe(cause);
    expect(found?.claim).toContain(words);
  });
});
