import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import type { Attribute, Attributes } from '../../../harness/types/graph.ts';
import { blame, normal, type Pass, passOf, rightGradient, seedIn, valueIn } from '../../support/backward-scene.ts';

const float = (value: number): Attribute => ({ kind: 'float', value });
const SHAPE = [3, 5, 7] as const;

function layer(op: string, attributes: Attributes = {}, positive = false): Pass {
  const g = new GraphBuilder('pointwise', 20);
  const x = g.input('x', 'float32', [...SHAPE]);
  const h = g.node('Identity', [x], {}, { outputNames: ['h'] });
  const more =
    op === 'Clip' ? [g.initializer('low', normal([], 1, 0, -0.6)), g.initializer('high', normal([], 1, 0, 0.9))] : [];
  g.output(g.node(op, [h, ...more], attributes, { outputNames: ['y'] }));
  const input = normal(SHAPE, 4);
  const values = positive
    ? { ...input, data: Float32Array.from(input.data as Float32Array, (v) => Math.abs(v) + 0.2) }
    : input;
  return passOf(g.graph(), { x: values }, ['y']);
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** The slope that the bug multiplies by, of input x, output y and the gradient d that arrives. */
type Slope = (x: number, y: number, d: number) => number;
const CASES: readonly (readonly [string, string, Slope, string, Attributes?, boolean?])[] = [
  ['Relu', 'passes everything', () => 1, 'gradient.mask-missing'],
  ['Relu', 'passes where it should not', (x) => (x > 0 ? 0 : 1), 'gradient.mask-inverted'],
  ['Relu', 'masks by the gradient', (_x, _y, d) => (d > 0 ? 1 : 0), 'gradient.derivative-of-wrong-value'],
  ['LeakyRelu', 'passes everything', () => 1, 'gradient.mask-missing', { alpha: float(0.1) }],
  ['LeakyRelu', 'slopes above zero', (x) => (x > 0 ? 0.1 : 1), 'gradient.mask-inverted', { alpha: float(0.1) }],
  ['LeakyRelu', 'has another slope', (x) => (x > 0 ? 1 : 0.23), 'gradient.derivative-wrong', { alpha: float(0.1) }],
  ['Clip', 'passes everything', () => 1, 'gradient.mask-missing'],
  ['Clip', 'forgets the upper bound', (x) => (x < -0.6 ? 0 : 1), 'gradient.mask-missing'],
  ['Clip', 'passes outside', (x) => (x < -0.6 || x > 0.9 ? 1 : 0), 'gradient.mask-inverted'],
  [
    'Elu',
    'exchanges its branches',
    (x) => (x > 0 ? 0.7 * Math.exp(-x) : 1),
    'gradient.mask-inverted',
    { alpha: float(0.7) },
  ],
  [
    'Elu',
    'reads its output formula at x',
    (x) => (x > 0 ? 1 : x + 0.7),
    'gradient.derivative-of-wrong-value',
    { alpha: float(0.7) },
  ],
  ['Sigmoid', 'x(1 − x)', (x) => x * (1 - x), 'gradient.derivative-of-wrong-value'],
  ['Sigmoid', 'sigmoid twice', (_x, y) => sigmoid(y) * (1 - sigmoid(y)), 'gradient.derivative-of-wrong-value'],
  ['Sigmoid', '1 − y', (_x, y) => 1 - y, 'gradient.derivative-wrong'],
  ['Sigmoid', 'y', (_x, y) => y, 'gradient.derivative-wrong'],
  ['Sigmoid', 'left out', () => 1, 'gradient.derivative-wrong'],
  ['Tanh', '1 − y', (_x, y) => 1 - y, 'gradient.derivative-wrong'],
  ['Tanh', '1 − x²', (x) => 1 - x * x, 'gradient.derivative-of-wrong-value'],
  ['Tanh', "sigmoid's", (_x, y) => y * (1 - y), 'gradient.derivative-wrong'],
  ['Exp', 'x', (x) => x, 'gradient.derivative-of-wrong-value'],
  ['Exp', 'e^y', (_x, y) => Math.exp(y), 'gradient.derivative-of-wrong-value'],
  ['Sqrt', '1 / 2x', (x) => 1 / (2 * x), 'gradient.derivative-of-wrong-value', {}, true],
  ['Log', '1 / y', (_x, y) => 1 / y, 'gradient.derivative-of-wrong-value', {}, true],
  ['Softplus', "ReLU's", (x) => (x > 0 ? 1 : 0), 'gradient.derivative-wrong'],
  ['Gelu', "SiLU's", (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))), 'gradient.derivative-wrong'],
  ['HardSigmoid', 'passes everything', () => 1, 'gradient.mask-missing'],
  ['Softplus', 'sign', (x) => -sigmoid(x), 'sign.flipped'],
];

describe('the derivative of an element-wise layer', () => {
  it.each(CASES)('%s: %s', (...row) => {
    const [op, , slope, cause, attributes, positive] = row;
    const pass = layer(op, attributes, positive);
    const [x, y, d] = [valueIn(pass, 'h'), valueIn(pass, 'y'), seedIn(pass, 'y')];
    const wrong = d.map((g, i) => Math.fround(g * slope(x[i] as number, y[i] as number, g)));
    expect(blame(pass, 'h', wrong, SHAPE).cause?.id).toBe(cause);
  });

  it.each(['Relu', 'Clip', 'Sigmoid', 'Gelu', 'Elu'])(
    'is not blamed where %s is right, nor named where it is noise',
    (op) => {
      const pass = layer(op);
      expect(blame(pass, 'h', rightGradient(pass, 'h'), SHAPE).cause).toBeNull();
      expect(blame(pass, 'h', normal(SHAPE, 77).data as Float32Array, SHAPE).cause).toBeNull();
    },
  );

  it('says both, where a mask is missing and the batch is divided by twice', () => {
    const pass = layer('Relu');
    const site = blame(
      pass,
      'h',
      seedIn(pass, 'y').map((d) => Math.fround(d / 3)),
      SHAPE,
    );
    expect(site.cause?.id).toBe('gradient.mask-missing');
    expect(site.cause?.claim).toContain('0.333333 times');
  });

  it('is found inside a fused segment', () => {
    const g = new GraphBuilder('fused', 17);
    const x = g.input('x', 'float32', [11, 5]);
    const h = g.node('Identity', [x], {}, { outputNames: ['h'] });
    const m = g.node('MatMul', [h, g.initializer('w', normal([5, 7], 8))], {}, { outputNames: ['m'] });
    g.output(g.node('Relu', [m], {}, { outputNames: ['y'] }));
    const pass = { ...passOf(g.graph(), { x: normal([11, 5], 9) }, ['y']), recorded: ['h', 'y'] };
    const [d, w] = [seedIn(pass, 'y'), valueIn(pass, 'w')];
    const wrong = Float32Array.from({ length: 55 }, (_, i) => {
      let sum = 0;
      for (let n = 0; n < 7; n++) sum += (d[Math.floor(i / 5) * 7 + n] as number) * (w[(i % 5) * 7 + n] as number);
      return sum;
    });
    expect(blame(pass, 'h', wrong, [11, 5]).cause?.id).toBe('gradient.mask-missing');
  });

  it.each([
    ['SiLU', 'σ(x) alone', (x: number) => sigmoid(x)],
    ['SiLU', "ReLU's", (x: number) => (x > 0 ? 1 : 0)],
    ['GELU', 'passes unchanged', () => 1],
    ['GELU', "SiLU's", (x: number) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))],
  ] as const)('is named where %s is written out and recorded as one layer: %s', (kind, _bug, slope) => {
    const g = new GraphBuilder('written', 17);
    const h = g.node('Identity', [g.input('x', 'float32', [11, 5])], {}, { outputNames: ['h'] });
    const number = (name: string, v: number): string => g.initializer(name, normal([], 1, 0, v));
    if (kind === 'SiLU') g.output(g.node('Mul', [h, g.node('Sigmoid', [h])], {}, { outputNames: ['y'] }));
    else {
      const inner = g.node('Add', [g.node('Erf', [g.node('Div', [h, number('root', Math.SQRT2)])]), number('one', 1)]);
      g.output(g.node('Mul', [g.node('Mul', [h, inner]), number('half', 0.5)], {}, { outputNames: ['y'] }));
    }
    const pass = { ...passOf(g.graph(), { x: normal([11, 5], 9) }, ['y']), recorded: ['h', 'y'] };
    const [x, d] = [valueIn(pass, 'h'), seedIn(pass, 'y')];
    const site = blame(
      pass,
      'h',
      d.map((v, i) => Math.fround(v * slope(x[i] as number))),
      [11, 5],
    );
    expect(site.candidates.map(({ id }) => id)).toContain('gradient.derivative-wrong');
  });
});
