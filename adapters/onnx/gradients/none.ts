import type { NoGradient } from '../rule.ts';

/** Operators that have no derivative, by reason. A gradient that arrives at one goes no further. */
export const withoutGradient: readonly NoGradient[] = [
  ...because('it is constant almost everywhere, so that its derivative is zero', [
    'Sign',
    'Floor',
    'Ceil',
    'Round',
    'Hardmax',
    'QuantizeLinear',
  ]),
  ...because('it answers with booleans', [
    'Equal',
    'Greater',
    'GreaterOrEqual',
    'Less',
    'LessOrEqual',
    'And',
    'Or',
    'Xor',
    'Not',
    'IsNaN',
    'IsInf',
  ]),
  ...because('it works on whole numbers', [
    'BitShift',
    'BitwiseAnd',
    'BitwiseNot',
    'BitwiseOr',
    'BitwiseXor',
    'MatMulInteger',
    'ConvInteger',
    'QLinearConv',
    'QLinearMatMul',
  ]),
  ...because('it answers with positions or sizes', [
    'ArgMax',
    'ArgMin',
    'NonZero',
    'NonMaxSuppression',
    'Shape',
    'Size',
  ]),
  ...because('its elements do not depend on those of its inputs', [
    'Constant',
    'ConstantOfShape',
    'EyeLike',
    'RandomNormal',
    'RandomNormalLike',
    'RandomUniform',
    'RandomUniformLike',
    'BlackmanWindow',
    'HammingWindow',
    'HannWindow',
    'MelWeightMatrix',
  ]),
  ...because(
    'trees are constant almost everywhere, so that their derivative is zero',
    ['TreeEnsemble', 'TreeEnsembleClassifier', 'TreeEnsembleRegressor'],
    'ai.onnx.ml',
  ),
  ...because('it draws at random, with no path from what it draws to its input', ['Bernoulli', 'Multinomial']),
];

function because(noGradient: string, operators: readonly string[], domain = ''): NoGradient[] {
  return operators.map((op) => ({ op, domain, noGradient }));
}
