import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { int64 } from '../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, filled, int, ints, normal, string } from '../../support/diagnosis-kit.ts';

const x = normal([2, 3, 5, 7], 31);
const other = normal([2, 3, 5, 7], 32);
const at = (t: Tensor, index: readonly number[]): number =>
  t.data[index.reduce((sum, i, a) => sum * (t.shape[a] as number) + i, 0)] as number;
const flat = (t: Tensor, shape: Shape): Tensor => ({ ...t, shape });

/** One node on x (and `other` as z), with constant inputs. */
function node(op: string, attributes: Attributes = {}, more: readonly Tensor[] = [], two = false, opset = 17): Graph {
  const g = new GraphBuilder(op, opset);
  const inputs = [g.input('x', 'float32', x.shape)];
  if (two) inputs.push(g.input('z', 'float32', other.shape));
  more.forEach((tensor, i) => inputs.push(g.initializer(`c${i}`, tensor)));
  g.output(g.node(op, inputs, attributes, { outputNames: ['y'] }));
  return g.graph();
}

function causeOf(graph: Graph, subject: Tensor): string | null {
  const values = new Map([
    ['x', x],
    ['z', other],
  ]);
  for (const name of values.keys()) if (!graph.inputs.some((i) => i.name === name)) values.delete(name);
  return diagnose({ graph, values, tensor: 'y', subject }).cause?.id ?? null;
}

/** Windows of 3×3 by strides of 2, padded by 1, on [5, 7] → [3, 4]. */
function pooled(reduce: (inside: readonly number[], window: number) => number, begin = 1): Tensor {
  return filled([2, 3, 3, 4], ([n, c, i, j]) => {
    const inside: number[] = [];
    for (let u = 0; u < 3; u++)
      for (let v = 0; v < 3; v++) {
        const [row, column] = [(i as number) * 2 + u - begin, (j as number) * 2 + v - begin];
        if (row >= 0 && row < 5 && column >= 0 && column < 7)
          inside.push(at(x, [n as number, c as number, row, column]));
      }
    return reduce(inside, 9);
  });
}
const window = { kernel_shape: ints(3, 3), strides: ints(2, 2), pads: ints(1, 1, 1, 1) };
const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
const sum = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0);

describe('a pool', () => {
  it.each<[string, string | null, string, () => Tensor]>([
    ['right', null, 'MaxPool', () => pooled((v) => Math.max(...v))],
    ['the average for the maximum', 'pool.kind', 'MaxPool', () => pooled(mean)],
    ['the maximum for the average', 'pool.kind', 'AveragePool', () => pooled((v) => Math.max(...v))],
    [
      'padded with 0',
      'pool.padding-value',
      'MaxPool',
      () => pooled((v, n) => Math.max(...v, ...(v.length < n ? [0] : []))),
    ],
    ['counting padding', 'pool.count-include-pad', 'AveragePool', () => pooled((v, n) => sum(v) / n)],
    ['not dividing', 'scale.constant', 'AveragePool', () => pooled((v) => mean(v) * 9)],
    ['one place late', 'pool.window-shifted', 'MaxPool', () => pooled((v) => Math.max(...v), 0)],
    ['the minimum', null, 'MaxPool', () => pooled((v) => Math.min(...v))],
  ])('that is %s is named %s', (_, cause, op, subject) => {
    expect(causeOf(node(op, window), subject())).toBe(cause);
  });
});

describe('the order of axes and of parts', () => {
  it.each<[string, string | null, Graph, () => Tensor]>([
    [
      'a transposition left out',
      'axes.permuted',
      node('Transpose', { perm: ints(0, 3, 1, 2) }),
      () => flat(x, [2, 7, 3, 5]),
    ],
    [
      'another transposition',
      'axes.permuted',
      node('Transpose', { perm: ints(0, 3, 1, 2) }),
      () =>
        flat(
          filled([2, 7, 5, 3], ([n, w, h, c]) => at(x, [n, c, h, w] as number[])),
          [2, 7, 3, 5],
        ),
    ],
    [
      'flattened channels last',
      'flatten.order',
      node('Flatten'),
      () =>
        flat(
          filled([2, 5, 7, 3], ([n, h, w, c]) => at(x, [n, c, h, w] as number[])),
          [2, 105],
        ),
    ],
    [
      'parts the other way round',
      'concat.order',
      node('Concat', { axis: int(1) }, [], true),
      () =>
        filled([2, 6, 5, 7], ([n, c, h, w]) =>
          at((c as number) < 3 ? other : x, [n, (c as number) % 3, h, w] as number[]),
        ),
    ],
    [
      'operands of a subtraction swapped',
      'sign.flipped',
      node('Sub', {}, [], true),
      () => filled(x.shape, (i) => at(other, i) - at(x, i)),
    ],
    [
      'rows in reverse',
      'index.reversed',
      node('Neg'),
      () => filled(x.shape, ([n, c, h, w]) => -at(x, [n, c, 4 - (h as number), w] as number[])),
    ],
    [
      'columns one place late',
      'index.shifted',
      node('Neg'),
      () =>
        filled(x.shape, ([n, c, h, w]) => ((w as number) === 0 ? 0 : -at(x, [n, c, h, (w as number) - 1] as number[]))),
    ],
    ['a right negative', null, node('Neg'), () => filled(x.shape, (i) => -at(x, i))],
    [
      'elements in random order',
      null,
      node('Neg'),
      () => ({ ...x, data: (x.data as Float32Array).map((_, i, all) => -(all[(i * 97) % all.length] as number)) }),
    ],
  ])('%s is named %s', (_, cause, graph, subject) => {
    expect(causeOf(graph, subject())).toBe(cause);
  });
});

describe('a residual sum', () => {
  /** relu(x + z) where z is made of x. */
  const graph = (() => {
    const g = new GraphBuilder('residual', 17);
    const from = g.input('x', 'float32', x.shape);
    const z = g.node('Tanh', [from], {}, { outputNames: ['z'] });
    const s = g.node('Add', [z, from], {}, { outputNames: ['s'] });
    g.output(g.node('Relu', [s], {}, { outputNames: ['y'] }));
    return g.graph();
  })();
  const named = (tensor: string, f: (v: number) => number, recorded: string[]): string | null => {
    const subject = { ...x, data: (x.data as Float32Array).map(f) };
    return diagnose({ graph, values: new Map([['x', x]]), tensor, subject, recorded }).cause?.id ?? null;
  };

  it('without its skip connection is residual.missing, alone and fused with its activation', () => {
    expect(named('s', Math.tanh, ['z', 'y'])).toBe('residual.missing');
    expect(named('y', (v) => Math.max(0, Math.tanh(v)), ['z'])).toBe('residual.missing');
  });

  it('with the activation before the sum is residual.placement', () => {
    expect(named('y', (v) => Math.max(0, Math.tanh(v)) + v, ['z'])).toBe('residual.placement');
    expect(named('s', (v) => Math.tanh(v) + Math.max(0, v), ['z', 'y'])).toBe('residual.placement');
  });

  it('that is right, or half as large in one part, is not named', () => {
    expect(named('s', (v) => Math.tanh(v) + v, ['z', 'y'])).toBeNull();
    expect(named('s', (v) => Math.tanh(v) + 0.5 * v, ['z', 'y'])).toBeNull();
  });
});

describe('padding, resizing and looking up', () => {
  const pads = int64([8], [0, 0, 1, 2, 0, 0, 1, 0]);
  const padded = (
    row: (i: number) => number,
    column: (j: number) => number,
    before: readonly [number, number],
  ): Tensor =>
    filled([2, 3, 7, 9], ([n, c, i, j]) => {
      const [r, q] = [row((i as number) - before[0]), column((j as number) - before[1])];
      return r < 0 || r > 4 || q < 0 || q > 6 ? 0 : at(x, [n, c, r, q] as number[]);
    });
  const id = (i: number): number => i;
  const clamp = (last: number) => (i: number) => Math.min(last, Math.max(0, i));

  it('by repeating the edge instead of zeros is conv.padding-mode, on the other side is conv.padding', () => {
    const graph = node('Pad', { mode: string('constant') }, [pads]);
    expect(causeOf(graph, padded(id, id, [1, 2]))).toBeNull();
    expect(causeOf(graph, padded(clamp(4), clamp(6), [1, 2]))).toBe('conv.padding-mode');
    expect(causeOf(graph, padded(id, id, [1, 0]))).toBe('conv.padding');
  });

  it('with corners aligned, where the model has half pixels, is resize.coordinates', () => {
    const g = new GraphBuilder('resize', 17);
    const inputs = [g.input('x', 'float32', x.shape), '', '', g.initializer('sizes', int64([4], [2, 3, 10, 14]))];
    g.output(g.node('Resize', inputs, { mode: string('linear') }, { outputNames: ['y'] }));
    const lerp = (t: number, f: (i: number) => number, last: number): number => {
      const low = Math.min(last, Math.floor(t));
      return f(low) + (t - low) * (f(Math.min(last, low + 1)) - f(low));
    };
    const subject = filled([2, 3, 10, 14], ([n, c, i, j]) =>
      lerp(
        ((i as number) * 4) / 9,
        (r) => lerp(((j as number) * 6) / 13, (q) => at(x, [n, c, r, q] as number[]), 6),
        4,
      ),
    );
    expect(causeOf(g.graph(), subject)).toBe('resize.coordinates');
  });

  it('of the next row of a table is embedding.index-shifted', () => {
    const table = normal([13, 3], 33);
    const indices = int64([2, 5], [0, 12, 3, 3, 7, 1, 11, 5, 2, 9]);
    const g = new GraphBuilder('embedding', 17);
    g.output(
      g.node('Gather', [g.initializer('table', table), g.input('i', 'int64', [2, 5])], {}, { outputNames: ['y'] }),
    );
    const looked = (by: number): Tensor =>
      filled([2, 5, 3], ([n, t, d]) =>
        at(table, [(Number(indices.data[(n as number) * 5 + (t as number)]) + by + 13) % 13, d as number]),
      );
    const named = (subject: Tensor): string | null =>
      diagnose({ graph: g.graph(), values: new Map([['i', indices]]), tensor: 'y', subject }).cause?.id ?? null;
    expect(named(looked(0))).toBeNull();
    expect(named(looked(1))).toBe('embedding.index-shifted');
    expect(named(looked(-1))).toBe('embedding.index-shifted');
    expect(named(looked(4))).toBeNull();
  });
});
