import { floatAttribute, floatsAttribute, stringAttribute } from '../../../harness/attributes.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientContext } from '../rule.ts';
import type { TensorMath } from './_tensors.ts';
import { tensorsOf } from './_tensors.ts';

/** The gradient before the activation that ONNX Runtime fused into a node: its slope follows from the node's output alone. */
export function beforeActivation(context: GradientContext, dy: string): string {
  const y = context.outputs[0] as string;
  const name = stringAttribute(context.attributes, 'activation', '');
  // FusedConv lists the activation's parameters, FusedGemm names its only one that matters here.
  const alpha = floatAttribute(context.attributes, 'activation_alpha', 0);
  const [first = alpha, second = 0] = floatsAttribute(context.attributes, 'activation_params');
  const math = tensorsOf(context, context.dtype(y));
  const slope = SLOPES.get(name);
  if (slope === undefined) {
    const remedy = `Use one of ${[...SLOPES.keys()].filter((known) => known !== '').join(', ')}, or save the model without fusion.`;
    throw new LayerdiffError(
      'E_NO_GRADIENT',
      context.node.name,
      `there is no gradient for the fused activation ${name}`,
      remedy,
    );
  }
  return slope(math, dy, y, first, second);
}

type Slope = (math: TensorMath, dy: string, y: string, first: number, second: number) => string;

const between = (m: TensorMath, y: string, low: number, high: number): string =>
  m.and(m.greater(y, low), m.less(y, high));

const SLOPES: ReadonlyMap<string, Slope> = new Map<string, Slope>([
  ['', (_math, dy) => dy],
  ['Relu', (m, dy, y) => m.where(m.greater(y, 0), dy, 0)],
  ['Tanh', (m, dy, y) => m.mul(dy, m.sub(1, m.mul(y, y)))],
  ['Sigmoid', (m, dy, y) => m.mul(dy, m.mul(y, m.sub(1, y)))],
  ['LeakyRelu', (m, dy, y, alpha) => m.where(m.less(y, 0), m.mul(dy, alpha), dy)],
  ['Clip', (m, dy, y, low, high) => m.where(between(m, y, low, high), dy, 0)],
  ['HardSigmoid', (m, dy, y, alpha) => m.where(between(m, y, 0, 1), m.mul(dy, alpha), 0)],
]);
