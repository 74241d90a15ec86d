import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, filled, int, normal } from '../../support/diagnosis-kit.ts';

const [ROWS, INNER, COLUMNS] = [5, 11, 7];
const x = normal([ROWS, INNER], 21);
const at = (t: Tensor, i: number, j: number): number => t.data[i * (t.shape[1] as number) + j] as number;
const b = normal([COLUMNS], 23, 0.5);
const bias = (i: number): number => b.data[i] as number;

type Kind = 'Gemm' | 'Gemm transB' | 'MatMul and Add';
const KINDS: readonly Kind[] = ['Gemm', 'Gemm transB', 'MatMul and Add'];

function network(kind: Kind, w: Tensor): Graph {
  const g = new GraphBuilder('linear', 17);
  const [from, weight, shift] = [g.input('x', 'float32', x.shape), g.initializer('w', w), g.initializer('b', b)];
  const h = g.node('Tanh', [from], {}, { outputNames: ['h'] });
  if (kind === 'MatMul and Add') {
    const product = g.node('MatMul', [h, weight], {}, { outputNames: ['product'] });
    g.output(g.node('Add', [shift, product], {}, { outputNames: ['y'] }));
  } else
    g.output(g.node('Gemm', [h, weight, shift], kind === 'Gemm' ? {} : { transB: int(1) }, { outputNames: ['y'] }));
  return g.graph();
}

const h: Tensor = { ...x, data: (x.data as Float32Array).map(Math.tanh) };

/** y[i][j] = Σ h[i][k] · weight(k, j) + shift(i, j), over the first `terms`. */
const linear = (
  weight: (k: number, j: number) => number,
  shift: (i: number, j: number) => number,
  columns = COLUMNS,
  terms = INNER,
) =>
  filled([ROWS, columns], ([i, j]) => {
    let sum = 0;
    for (let k = 0; k < terms; k++) sum += at(h, i as number, k) * weight(k, j as number);
    return sum + shift(i as number, j as number);
  });

const weightOf = (kind: Kind, shape: Shape = [INNER, COLUMNS]): Tensor =>
  normal(kind === 'Gemm transB' ? [...shape].reverse() : shape, 22, 0.4);

/** Fused: the bias's own Add is not recorded apart from the product. */
function causeOf(kind: Kind, subject: Tensor, w: Tensor): string | null {
  return (
    diagnose({ graph: network(kind, w), values: new Map([['x', x]]), tensor: 'y', subject, recorded: ['h'] }).cause
      ?.id ?? null
  );
}

describe.each(KINDS)('a linear layer (%s)', (kind) => {
  const w = weightOf(kind);
  const right = (k: number, j: number): number => (kind === 'Gemm transB' ? at(w, j, k) : at(w, k, j));
  const added = (_: number, j: number): number => bias(j);

  it.each<[string, string | null, () => Tensor]>([
    ['nothing wrong', null, () => linear(right, added)],
    ['no bias', 'bias.missing', () => linear(right, () => 0)],
    ['the bias twice', 'bias.doubled', () => linear(right, (_, j) => 2 * bias(j))],
    ['the bias by row', 'bias.axis', () => linear(right, (i) => bias(i))],
    ['one term less', 'linear.tail-dropped', () => linear(right, added, COLUMNS, INNER - 1)],
    ['no remainder after 8', 'linear.tail-dropped', () => linear(right, added, COLUMNS, 8)],
    [
      'its weight read column by column',
      'parameter.layout',
      () => linear((k, j) => w.data[kind === 'Gemm transB' ? k * COLUMNS + j : j * INNER + k] as number, added),
    ],
    ['a bias of another sign', null, () => linear(right, (_, j) => -1.3 * bias(j))],
  ])('with %s is named %s', (_, cause, subject) => {
    expect(causeOf(kind, subject(), w)).toBe(cause);
  });

  it('with a square weight transposed is named weight.transposed', () => {
    const square = normal([INNER, INNER], 24, 0.4);
    const g = new GraphBuilder('square', 17);
    const inputs = [g.input('x', 'float32', x.shape), g.initializer('w', square)];
    const op = kind === 'MatMul and Add' ? 'MatMul' : 'Gemm';
    g.output(g.node(op, inputs, kind === 'Gemm transB' ? { transB: int(1) } : {}, { outputNames: ['y'] }));
    const subject = filled([ROWS, INNER], ([i, j]) => {
      let sum = 0;
      for (let k = 0; k < INNER; k++)
        sum +=
          at(x, i as number, k) * (kind === 'Gemm transB' ? at(square, k, j as number) : at(square, j as number, k));
      return sum;
    });
    const site = diagnose({ graph: g.graph(), values: new Map([['x', x]]), tensor: 'y', subject });
    expect(site.cause?.id).toBe('weight.transposed');
  });
});
