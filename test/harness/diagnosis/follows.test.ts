import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Report } from '../../../harness/types/report.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import type { Trace } from '../../../harness/types/trace.ts';
import { benchOf, checked, random } from '../../support/bench.ts';
import { filled, int } from '../../support/diagnosis-kit.ts';

// x·W, a softmax, and a loss. The subject's own code: every formula is right, but one buffer holds the wrong numbers.

const [ROWS, INNER, COLUMNS] = [5, 7, 11];
const x = random([ROWS, INNER], 1);
const w = random([INNER, COLUMNS], 2);
const c = random([ROWS, COLUMNS], 3);

function network() {
  const g = new GraphBuilder('follows', 17);
  const h = g.node('MatMul', [g.input('x', 'float32', x.shape), g.initializer('w', w)], {}, { outputNames: ['h'] });
  const y = g.node('Softmax', [h], { axis: int(-1) }, { outputNames: ['y'] });
  const weighed = g.node('Mul', [y, g.initializer('c', c)], {}, { outputNames: ['weighed'] });
  g.output(g.node('ReduceSum', [weighed], { keepdims: int(0) }, { outputNames: ['loss'] }));
  return g.graph();
}

const rolled = (t: Tensor): Tensor => {
  const data = toNumbers(t);
  return filled(t.shape, ([i, j]) => data[i! * COLUMNS + ((j! + COLUMNS - 1) % COLUMNS)]!);
};
const same = (t: Tensor): Tensor => t;

function product(a: Tensor, b: Tensor, turnA: boolean, turnB: boolean): Tensor {
  const [left, right] = [toNumbers(a), toNumbers(b)];
  const at = (data: Float64Array, [, columns]: readonly number[], i: number, j: number) => data[i * columns! + j]!;
  const inner = turnA ? a.shape[0]! : a.shape[1]!;
  return filled([turnA ? a.shape[1]! : a.shape[0]!, turnB ? b.shape[0]! : b.shape[1]!], ([i, j]) => {
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      const one = turnA ? at(left, a.shape, k, i!) : at(left, a.shape, i!, k);
      sum = Math.fround(sum + Math.fround(one * (turnB ? at(right, b.shape, j!, k) : at(right, b.shape, k, j!))));
    }
    return sum;
  });
}

function rowsOf(t: Tensor, f: (row: Float64Array, i: number) => readonly number[]): Tensor {
  const data = toNumbers(t);
  const rows = Array.from({ length: ROWS }, (_, i) => f(data.slice(i * COLUMNS, (i + 1) * COLUMNS), i));
  return filled(t.shape, ([i, j]) => rows[i!]![j!]!);
}

const softmax = (h: Tensor): Tensor =>
  rowsOf(h, (row) => {
    const powers = [...row].map((v) => Math.exp(v - Math.max(...row)));
    const sum = powers.reduce((a, b) => a + b, 0);
    return powers.map((v) => v / sum);
  });

/** What the subject records where `inside` happens to x·W, and `outside` to the softmax; its gradient of W is off by `factor`. */
async function report(inside: typeof same, outside: typeof same, factor = 1): Promise<Report> {
  const bench = await benchOf(network(), { x });
  const y = outside(softmax(inside(product(x, w, false, false))));
  const dy = toNumbers(c);
  const dh = rowsOf(y, (row, i) => {
    const back = [...row].map((_, j) => dy[i * COLUMNS + j]!);
    const mean = back.reduce((sum, d, j) => sum + d * row[j]!, 0);
    return back.map((d, j) => row[j]! * (d - mean));
  });
  const dw = product(x, dh, true, false);
  const weighed = filled(y.shape, ([i, j]) => toNumbers(y)[i! * COLUMNS + j!]! * dy[i! * COLUMNS + j!]!);
  const loss = filled([], () => toNumbers(weighed).reduce((a, b) => a + b, 0));
  const own = (named: Record<string, Tensor>) =>
    new Map(Object.entries(named).map(([name, t]) => [name, sourceOf(t)] as const));
  const whole = outside === same ? {} : { h: product(x, w, false, false) };
  const trace: Trace = {
    ...bench.trace,
    values: own({ x, w, c, ...whole, y, weighed, loss }),
    gradients: own({
      x: product(dh, w, false, true),
      w: filled(dw.shape, ([i, j]) => factor * toNumbers(dw)[i! * COLUMNS + j!]!),
      y: c,
      ...(outside === same ? {} : { h: dh }),
    }),
  };
  const made = await checked(bench, trace);
  await bench.reference.release();
  return made;
}

const told = ({ backward }: Report): Readonly<Record<string, string>> =>
  Object.fromEntries(backward.faulty.map(({ tensor, cause }) => [tensor, cause?.claim ?? 'unknown']));

describe('gradients behind a buffer with wrong numbers', () => {
  it('follow from it where it lies inside a fused layer: the right formulas on what it holds', async () => {
    const found = await report(rolled, same);
    expect(found.forward.firstDivergence).toMatchObject({ tensor: 'y', cause: { id: 'index.shifted' } });
    expect(Object.keys(told(found)).sort()).toEqual(['w', 'x']);
    for (const claim of Object.values(told(found)))
      expect(claim).toMatch(/^follows from the forward bug at y: the gradient is right for what that layer gave/);
  });

  it('follow from it where it is recorded, and only its numbers name the bug', async () => {
    const found = await report(same, rolled);
    expect(found.forward.firstDivergence).toMatchObject({ tensor: 'y', cause: { id: 'index.shifted' } });
    expect(told(found).h).toMatch(/^follows from the forward bug at y: the gradient is right for what that layer gave/);
  });

  it('do not follow from it where the backward pass has a bug of its own', async () => {
    const found = told(await report(rolled, same, 3));
    expect(found.x).toMatch(/^follows from the forward bug at y/);
    expect(found.w).not.toMatch(/^follows/);
    expect(found.w).toBeDefined();
  });
});
