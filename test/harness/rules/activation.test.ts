import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { float32 as tensorOf } from '../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { Cause } from '../../../harness/types/report.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { diagnose, float, normal } from '../../support/diagnosis-kit.ts';

const x = normal([5, 7, 11], 11, 2);
const xs = x.data as Float32Array;

/** One operator on x. */
function single(op: string, attributes: Attributes = {}): Graph {
  const g = new GraphBuilder('activation', 20);
  g.output(g.node(op, [g.input('x', 'float32', x.shape)], attributes, { outputNames: ['y'] }));
  return g.graph();
}

/** GELU, SiLU and hard swish as exporters write them out; a constant a literal. */
function written(kind: 'gelu' | 'silu' | 'hardswish'): Graph {
  const g = new GraphBuilder('written', 17);
  const from = g.input('x', 'float32', x.shape);
  let count = 0;
  const c = (value: number): string => g.initializer(`c${count++}`, tensorOf([], [value]));
  const n = (op: string, ...inputs: string[]): string => g.node(op, inputs);
  const last = (op: string, ...inputs: string[]): void => g.output(g.node(op, inputs, {}, { outputNames: ['y'] }));
  if (kind === 'gelu') {
    const one = n('Add', n('Erf', n('Div', from, c(Math.SQRT2))), c(1));
    last('Mul', n('Mul', from, one), c(0.5));
  } else if (kind === 'silu') last('Mul', from, n('Sigmoid', from));
  else last('Div', n('Mul', from, n('Clip', n('Add', from, c(3)), c(0), c(6))), c(6));
  return g.graph();
}

function causeOf(graph: Graph, f: (x: number) => number): Cause | null {
  const subject: Tensor = { ...x, data: xs.map(f) };
  return diagnose({ graph, values: new Map([['x', x]]), tensor: 'y', subject, recorded: [] }).cause;
}

const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
const clip = (v: number, low: number, high: number): number => Math.min(high, Math.max(low, v));
const leaky = (slope: number) => (v: number) => (v < 0 ? slope * v : v);
const geluTanh = (v: number): number => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));

describe('an activation', () => {
  it.each<[string, Graph, (v: number) => number, string, RegExp]>([
    ['ReLU done as leaky ReLU', single('Relu'), leaky(0.07), 'activation.wrong-function', /slope 0\.07/],
    ['ReLU left out', single('Relu'), (v) => v, 'activation.wrong-function', /left out/],
    ['ReLU capped at 6', single('Relu'), (v) => clip(v, 0, 6), 'activation.wrong-function', /ReLU6/],
    ['ReLU done as softplus', single('Relu'), (v) => Math.log1p(Math.exp(v)), 'activation.wrong-function', /softplus/],
    [
      'leaky ReLU with slope 0.3',
      single('LeakyRelu', { alpha: float(0.01) }),
      leaky(0.3),
      'activation.slope',
      /0\.3.*0\.01/,
    ],
    ['leaky ReLU without slope', single('LeakyRelu', { alpha: float(0.1) }), leaky(0), 'activation.slope', /is 0,/],
    [
      'ELU with alpha 0.7',
      single('Elu'),
      (v) => (v < 0 ? 0.7 * Math.expm1(v) : v),
      'activation.constant',
      /alpha is 0\.7/,
    ],
    [
      'SELU with another scale',
      single('Selu'),
      (v) => 1.1 * (v > 0 ? v : 1.5 * Math.expm1(v)),
      'activation.constant',
      /alpha is 1\.5.*gamma is 1\.1/,
    ],
    [
      'hard sigmoid with x/6',
      single('HardSigmoid'),
      (v) => clip(v / 6 + 0.5, 0, 1),
      'activation.constant',
      /alpha is 0\.16666/,
    ],
    [
      'hard sigmoid with x/5.5 + 0.4',
      single('HardSigmoid'),
      (v) => clip(v / 5.5 + 0.4, 0, 1),
      'activation.constant',
      /beta is 0\.4/,
    ],
    [
      'sigmoid done as hard sigmoid',
      single('Sigmoid'),
      (v) => clip(0.2 * v + 0.5, 0, 1),
      'activation.wrong-function',
      /0\.2/,
    ],
    ['tanh done as sigmoid', single('Tanh'), sigmoid, 'activation.wrong-function', /sigmoid/],
    ['GELU by tanh', single('Gelu'), geluTanh, 'activation.wrong-function', /tanh/],
    ['GELU by sigmoid', single('Gelu'), (v) => v * sigmoid(1.702 * v), 'activation.wrong-function', /1\.702/],
    ['GELU written out, done by tanh', written('gelu'), geluTanh, 'activation.wrong-function', /tanh/],
    ['SiLU written out, done as sigmoid', written('silu'), sigmoid, 'activation.wrong-function', /^sigmoid is/],
    [
      'hard swish written out, done as SiLU',
      written('hardswish'),
      (v) => v * sigmoid(v),
      'activation.wrong-function',
      /SiLU/,
    ],
  ])('%s is named, with the number found', (_, graph, f, id, claim) => {
    const cause = causeOf(graph, f);
    expect(cause?.id).toBe(id);
    expect(cause?.claim).toMatch(claim);
  });

  it('with other bounds of a Clip is named', () => {
    const g = new GraphBuilder('clip', 17);
    const [low, high] = [g.initializer('low', tensorOf([], [0])), g.initializer('high', tensorOf([], [6]))];
    g.output(g.node('Clip', [g.input('x', 'float32', x.shape), low, high], {}, { outputNames: ['y'] }));
    const cause = causeOf(g.graph(), (v) => clip(v, 0, 1.5));
    expect(cause?.id).toBe('activation.constant');
    expect(cause?.claim).toMatch(/\[0, 1\.5\]/);
  });

  it.each<[string, Graph, (v: number) => number]>([
    ['right ReLU', single('Relu'), (v) => Math.max(0, v)],
    ['right SiLU written out', written('silu'), (v) => v * sigmoid(v)],
    ['sine for ReLU', single('Relu'), Math.sin],
    ['tanh that is 1 % too steep', single('Tanh'), (v) => Math.tanh(1.01 * v)],
  ])('that is a %s is not named', (_, graph, f) => {
    expect(causeOf(graph, f)).toBeNull();
  });
});
