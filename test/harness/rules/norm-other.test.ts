import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, filled, float, int, ints, normal } from '../../support/diagnosis-kit.ts';

const [B, C, P] = [2, 7, 5];
const x = normal([B, C, P], 1, 2);
const data = toNumbers(x);
const values = new Map([['x', x]]);

function single(op: string, attributes: Attributes) {
  const b = new GraphBuilder(op, 17);
  b.input('x', 'float32', [B, C, P]);
  b.output(b.node(op, ['x'], attributes, { name: 'norm' }));
  return b.graph();
}

const tensor = (f: (n: number, c: number, p: number) => number): Tensor =>
  filled([B, C, P], ([n = 0, c = 0, p = 0]) => f(n, c, p));
const at = (n: number, c: number, p: number): number => data[(n * C + c) * P + p]!;

describe('a local response norm', () => {
  const attributes = { size: int(3), alpha: float(0.3), beta: float(0.75), bias: float(2) };
  const respond = ({ size = 3, scale = 0.3 / 3, beta = 0.75, bias = 2 }): Tensor =>
    tensor((n, c, p) => {
      let squares = 0;
      for (let k = c - Math.floor((size - 1) / 2); k <= c + Math.ceil((size - 1) / 2); k++) {
        if (k >= 0 && k < C) squares += at(n, k, p) ** 2;
      }
      return at(n, c, p) / (bias + scale * squares) ** beta;
    });
  const table: readonly [string, RegExp, Tensor][] = [
    ['norm.axis', /squares of 5 channels/, respond({ size: 5, scale: 0.3 / 5 })],
    ['activation.constant', /not divided by the 3 channels/, respond({ scale: 0.3 })],
    ['activation.constant', /bias is 1/, respond({ bias: 1 })],
    ['activation.constant', /beta is 0\.5/, respond({ beta: 0.5 })],
  ];
  for (const [cause, claim, subject] of table) {
    it(`is named ${cause} (${claim.source})`, () => {
      const site = diagnose({ graph: single('LRN', attributes), values, tensor: 'norm_out', subject });
      expect(site.cause?.id).toBe(cause);
      expect(site.cause?.claim).toMatch(claim);
    });
  }
});

describe('norms without parameters', () => {
  it('are named norm.axis where they run along another axis', () => {
    const along1 = tensor((n, c, p) => {
      let squares = 0;
      for (let k = 0; k < C; k++) squares += at(n, k, p) ** 2;
      return at(n, c, p) / Math.sqrt(squares);
    });
    const site = diagnose({
      graph: single('LpNormalization', { axis: int(2) }),
      values,
      tensor: 'norm_out',
      subject: along1,
    });
    expect(site.cause).toMatchObject({ id: 'norm.axis', claim: 'normalised along axis 1, not along axis 2' });
  });
  it('are named norm.axis where mean and variance are taken over other axes', () => {
    const standard = tensor((n, c, p) => {
      const row = Array.from({ length: P }, (_, k) => at(n, c, k));
      const mean = row.reduce((a, b) => a + b, 0) / P;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / P;
      return (at(n, c, p) - mean) / Math.sqrt(variance);
    });
    const graph = single('MeanVarianceNormalization', { axes: ints(0, 2) });
    const site = diagnose({ graph, values, tensor: 'norm_out', subject: standard });
    expect(site.cause).toMatchObject({ id: 'norm.axis', claim: 'normalised over axes 2, not over 0, 2' });
  });
});

describe('a softmax written out', () => {
  const b = new GraphBuilder('written', 17);
  b.input('x', 'float32', [B, C, P]);
  const powers = b.node('Exp', [b.node('Sub', ['x', b.node('ReduceMax', ['x'], { axes: ints(2) })])]);
  b.initializer('last', { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n) });
  b.output(b.node('Div', [powers, b.node('ReduceSum', [powers, 'last'])], {}, { name: 'softmax' }));
  const graph = b.graph();
  const over = (f: (n: number, c: number, p: number) => number, axis: 1 | 2): Tensor =>
    tensor((n, c, p) => {
      let sum = 0;
      for (let k = 0; k < (axis === 1 ? C : P); k++) sum += Math.exp(axis === 1 ? f(n, k, p) : f(n, c, k));
      return Math.exp(f(n, c, p)) / sum;
    });
  it('is named softmax.axis over another axis, and softmax.repeated where it is applied twice', () => {
    const once = toNumbers(over(at, 2));
    const twice = over((n, c, p) => once[(n * C + c) * P + p]!, 2);
    for (const recorded of [undefined, []]) {
      const scene = { graph, values, tensor: 'softmax_out', ...(recorded && { recorded }) };
      expect(diagnose({ ...scene, subject: over(at, 1) }).cause?.id).toBe('softmax.axis');
      expect(diagnose({ ...scene, subject: twice }).cause?.id).toBe('softmax.repeated');
    }
  });
  it('is given no cause of a softmax for other numbers', () => {
    const other = fromNumbers(
      'float32',
      [B, C, P],
      toNumbers(over(at, 2)).map((e, i) => e * (1 + 0.2 * Math.sin(3 * i))),
    );
    expect(diagnose({ graph, values, tensor: 'softmax_out', subject: other }).cause).toBeNull();
  });
});
