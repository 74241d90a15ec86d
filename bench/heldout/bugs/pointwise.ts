import type { Attribute } from '../../../harness/types/graph.ts';
import { type Bug, changed, fresh, nodeOf, numbers, type Place } from '../bug.ts';
import { forward, withOperand } from './linear.ts';

const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) });
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const instead = (
  what: string,
  ops: readonly string[],
  f: (x: number) => number,
  cause = 'activation.wrong-function',
  also: string[] = [],
): Bug =>
  forward(what, cause, ops, () => numbers((_, __, { inputs }) => inputs[0]!.data.map((x) => Math.fround(f(x)))), also);
const constant = (
  what: string,
  cause: string,
  ops: readonly string[],
  name: string,
  value: (now: number | null) => number,
  also: string[] = [],
): Bug =>
  forward(
    what,
    cause,
    ops,
    (p) => {
      const now = p.node.attributes[name];
      const number = now?.kind === 'float' ? now.value : null;
      return Math.fround(value(number)) === number ? null : changed(p.node, { set: { [name]: float(value(number)) } });
    },
    also,
  );
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
const SIGMOIDS = ['Sigmoid'];
const RECTIFIERS = ['Relu', 'LeakyRelu', 'ThresholdedRelu'];
const SMOOTH = ['Elu', 'Selu', 'Celu', 'Mish', 'Gelu', 'HardSwish', 'Softplus', 'Softsign', 'HardSigmoid'];

export const pointwiseBugs: readonly Bug[] = [
  instead('hard sigmoid, slope 0.2', SIGMOIDS, (x) => Math.max(0, Math.min(1, 0.2 * x + 0.5))),
  instead('hard sigmoid, slope 1/6', SIGMOIDS, (x) => Math.max(0, Math.min(1, x / 6 + 0.5))),
  instead('sigmoid by tanh of x', SIGMOIDS, Math.tanh),
  instead('tanh by x/(1+|x|)', ['Tanh'], (x) => x / (1 + Math.abs(x))),
  instead('tanh by sigmoid', ['Tanh'], sigmoid),
  instead('tanh clipped to a line', ['Tanh'], (x) => Math.max(-1, Math.min(1, x))),
  instead('ReLU', [...SMOOTH, 'LeakyRelu', 'PRelu'], (x) => Math.max(0, x), 'activation.wrong-function', [
    'activation.slope',
  ]),
  instead('left out', [...RECTIFIERS, ...SMOOTH, 'Sigmoid', 'Tanh'], (x) => x, 'activation.wrong-function', [
    'activation.slope',
  ]),
  instead('leaks 0.01', ['Relu'], (x) => (x > 0 ? x : 0.01 * x), 'activation.slope', ['activation.wrong-function']),
  instead('leaks 0.37', ['Relu', 'LeakyRelu'], (x) => (x > 0 ? x : 0.37 * x), 'activation.slope', [
    'activation.wrong-function',
  ]),
  instead('capped at 6', ['Relu'], (x) => Math.min(6, Math.max(0, x))),
  instead('absolute value', ['Relu'], Math.abs, 'activation.wrong-function', ['activation.slope']),
  instead('ELU', ['Relu', 'Selu', 'Mish', 'LeakyRelu'], (x) => (x > 0 ? x : Math.exp(x) - 1)),
  instead('GELU', ['Relu', 'Mish'], geluTanh),
  instead('swish', ['Relu', 'Mish', 'HardSwish', 'Gelu'], (x) => x * sigmoid(x)),
  instead('the other GELU', ['Gelu'], (x) => geluTanh(x)),
  instead('GELU by x·sigmoid(1.702x)', ['Gelu'], (x) => x * sigmoid(1.702 * x)),
  instead('without the half', ['Gelu'], (x) => 2 * geluTanh(x), 'scale.constant', ['activation.wrong-function']),
  instead('softplus of base 2', ['Softplus'], (x) => Math.log2(1 + Math.exp(x)), 'activation.wrong-function', [
    'scale.constant',
    'activation.constant',
  ]),
  instead('log base 2', ['Log'], Math.log2, 'loss.log-base', ['scale.constant']),
  instead('log base 10', ['Log'], Math.log10, 'loss.log-base', ['scale.constant']),
  instead('log of what is at least 0.2', ['Log'], (x) => Math.log(Math.max(0.2, x)), 'loss.clip'),
  instead('log of x + 1e-3', ['Log'], (x) => Math.log(x + 1e-3), 'loss.clip'),
  instead(
    'error function by tanh',
    ['Erf'],
    (x) => Math.tanh(Math.sqrt(4 / Math.PI) * (x + 0.08943 * x ** 3)),
    'activation.wrong-function',
  ),
  constant('slope 0.01', 'activation.slope', ['LeakyRelu'], 'alpha', () => 0.01),
  constant('slope 0.3', 'activation.slope', ['LeakyRelu'], 'alpha', () => 0.3),
  constant('alpha 1', 'activation.constant', ['Elu', 'Celu', 'Selu', 'ThresholdedRelu'], 'alpha', () => 1, [
    'activation.wrong-function',
  ]),
  constant('gamma 1', 'activation.constant', ['Selu'], 'gamma', () => 1, [
    'activation.wrong-function',
    'scale.constant',
  ]),
  constant('alpha 0.5', 'activation.constant', ['Elu', 'ThresholdedRelu'], 'alpha', () => 0.5),
  constant('alpha 0.2', 'activation.constant', ['HardSigmoid'], 'alpha', () => 0.2, ['activation.wrong-function']),
  constant('beta 0.6', 'activation.constant', ['HardSigmoid'], 'beta', () => 0.6),
  forward(
    'slope squared',
    'activation.slope',
    ['PRelu'],
    (p) =>
      withOperand(
        p,
        1,
        p.inputs[1]!.shape,
        p.inputs[1]!.data.map((x) => x * x),
      ),
    ['parameter.differs'],
  ),
  forward('first slope for all', 'activation.slope', ['PRelu'], (p) =>
    p.inputs[1]!.data.length < 2
      ? null
      : withOperand(
          p,
          1,
          p.inputs[1]!.shape,
          p.inputs[1]!.data.map(() => p.inputs[1]!.data[0]!),
        ),
  ),
  instead('cap at 5', ['Clip'], (x) => Math.min(5, Math.max(0, x)), 'activation.constant', [
    'activation.wrong-function',
  ]),
  instead('no cap', ['Clip'], (x) => Math.max(0, x), 'activation.wrong-function', ['activation.constant']),
  forward(
    'written out: 0.044715 forgotten a digit',
    'activation.constant',
    ['Mul'],
    (p) => scalar(p, 0.044715, 0.04715),
    ['activation.wrong-function'],
  ),
  forward('written out: without the half', 'scale.constant', ['Mul'], (p) => scalar(p, 0.5, 1), [
    'activation.wrong-function',
    'loss.half-factor',
  ]),
  forward('skip added after the activation', 'residual.placement', RECTIFIERS, (p) => skipLate(p)),
  forward('dropout active', 'dropout.active', ['Dropout'], () =>
    numbers((x) => x.map((v, i) => ((i * 7 + 3) % 5 < 2 ? 0 : v * 2))),
  ),
  forward('dropout scales in evaluation', 'dropout.scale', ['Dropout'], () => numbers((x) => x.map((v) => v * 0.5)), [
    'scale.constant',
  ]),
];

function scalar(p: Place, from: number, to: number) {
  const slot = p.inputs.findIndex((v) => v?.data.length === 1 && Math.abs(v.data[0]! / from - 1) < 1e-5);
  return slot < 0 ? null : withOperand(p, slot, p.inputs[slot]!.shape, [to]);
}

function skipLate(p: Place) {
  const add = p.wiring.producer.get(p.node.inputs[0]!);
  if (add?.op !== 'Add' || add.inputs.some((n) => p.wiring.graph.initializers.has(n))) return null;
  const name = fresh('rectified');
  return {
    nodes: [
      { ...p.node, inputs: [add.inputs[0]!], outputs: [name] },
      nodeOf('Add', [name, add.inputs[1]!], p.node.outputs),
    ],
  };
}
