import type * as Core from '@tensorflow/tfjs-core';
import { floatAttribute, intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { alike, type Call, frozen, given, type Kernel, type Kernels } from './_kernel.ts';

type Tf = typeof Core;

const unary =
  (f: (tf: Tf, x: TfTensor) => TfTensor): Kernel =>
  (call) =>
    f(call.tf, given(call, 0));

const binary =
  (f: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel =>
  (call) =>
    f(call.tf, given(call, 0), given(call, 1));

/** Any number of operands, from the left. */
const folded =
  (f: (tf: Tf, a: TfTensor, b: TfTensor) => TfTensor): Kernel =>
  (call) =>
    call.inputs.map((_, slot) => given(call, slot)).reduce((a, b) => f(call.tf, a, b));

const alpha = ({ attributes }: Call, otherwise: number): number => floatAttribute(attributes, 'alpha', otherwise);
const beta = ({ attributes }: Call, otherwise: number): number => floatAttribute(attributes, 'beta', otherwise);
const gamma = ({ attributes }: Call, otherwise: number): number => floatAttribute(attributes, 'gamma', otherwise);

/** α (eˣ − 1) below 0, x above. tf.elu is that for α = 1. */
export function elu(tf: Tf, x: TfTensor, scale: number): TfTensor {
  if (scale === 1) return tf.elu(x);
  return tf.where(above(tf, x, 0), x, tf.mul(scale, tf.expm1(tf.neg(tf.relu(tf.neg(x))))));
}

/** Where x is larger, off the tape. */
const above = (tf: Tf, x: TfTensor, limit: number): TfTensor => tf.greater(frozen(tf, x), limit);

/** Scale and α of Selu as ONNX and TensorFlow.js have them. */
const SELU = { alpha: 1.6732632423543772, gamma: 1.0507009873554805 };

const selu: Kernel = (call) => {
  const [a, g] = [alpha(call, SELU.alpha), gamma(call, SELU.gamma)];
  const x = given(call, 0);
  const usual = a === Math.fround(SELU.alpha) && g === Math.fround(SELU.gamma);
  return usual ? call.tf.selu(x) : call.tf.mul(g, elu(call.tf, x, a));
};

/** Bounds may be tensors, and then have gradients; tf.clipByValue takes numbers. */
const clip: Kernel = (call) => {
  const { tf, attributes } = call;
  let y = given(call, 0);
  const said = (name: string): TfTensor | undefined => {
    const attribute = attributes[name];
    return attribute?.kind === 'float' ? tf.scalar(attribute.value, y.dtype as 'float32') : undefined;
  };
  const [low, high] = [call.inputs[1] ?? said('min'), call.inputs[2] ?? said('max')];
  if (low !== undefined) y = tf.where(tf.less(frozen(tf, y), frozen(tf, low)), tf.broadcastTo(low, y.shape), y);
  if (high !== undefined) y = tf.where(tf.greater(frozen(tf, y), frozen(tf, high)), tf.broadcastTo(high, y.shape), y);
  return y;
};

const gelu: Kernel = (call) => {
  const [tf, x] = [call.tf, given(call, 0)];
  if (stringAttribute(call.attributes, 'approximate', 'none') === 'tanh') {
    const inner = tf.mul(Math.sqrt(2 / Math.PI), tf.add(x, tf.mul(0.044715, tf.pow(x, 3))));
    return tf.mul(tf.mul(0.5, x), tf.add(1, tf.tanh(inner)));
  }
  return tf.mul(tf.mul(0.5, x), tf.add(1, tf.erf(tf.mul(x, Math.SQRT1_2))));
};

const hardSigmoid = (tf: Tf, x: TfTensor, a: number, b: number): TfTensor =>
  tf.clipByValue(tf.add(tf.mul(a, x), b), 0, 1);

const isWhole = (tensor: TfTensor): boolean => tensor.dtype === 'int32';

/** Whole numbers are divided towards zero. */
function divide(tf: Tf, a: TfTensor, b: TfTensor): TfTensor {
  if (!isWhole(a)) return tf.div(a, b);
  const quotient = tf.div(tf.cast(a, 'float32'), tf.cast(b, 'float32'));
  return tf.cast(quotient, 'int32');
}

/** Every kind of number as a truth value, as TensorFlow.js's logic wants it. */
const truth = (tf: Tf, x: TfTensor): TfTensor => (x.dtype === 'bool' ? x : tf.cast(x, 'bool'));

const softsign = (tf: Tf, x: TfTensor): TfTensor => tf.div(x, tf.add(1, tf.abs(x)));

export const elementwise: Kernels = {
  Relu: unary((tf, x) => tf.relu(x)),
  LeakyRelu: (call) => call.tf.leakyRelu(given(call, 0), alpha(call, 0.01)),
  PRelu: binary((tf, x, slope) => tf.prelu(x, tf.broadcastTo(slope, x.shape))),
  Elu: (call) => elu(call.tf, given(call, 0), alpha(call, 1)),
  Celu: (call) => {
    const [tf, x, a] = [call.tf, given(call, 0), alpha(call, 1)];
    return tf.where(above(tf, x, 0), x, tf.mul(a, tf.expm1(tf.div(tf.neg(tf.relu(tf.neg(x))), a))));
  },
  Selu: selu,
  Gelu: gelu,
  ThresholdedRelu: (call) => {
    const [tf, x] = [call.tf, given(call, 0)];
    return tf.mul(x, tf.cast(above(tf, x, alpha(call, 1)), 'float32'));
  },
  Sigmoid: unary((tf, x) => tf.sigmoid(x)),
  HardSigmoid: (call) => hardSigmoid(call.tf, given(call, 0), alpha(call, 0.2), beta(call, 0.5)),
  HardSwish: unary((tf, x) => tf.mul(x, hardSigmoid(tf, x, 1 / 6, 0.5))),
  Swish: (call) => call.tf.mul(given(call, 0), call.tf.sigmoid(call.tf.mul(alpha(call, 1), given(call, 0)))),
  Mish: unary((tf, x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Softplus: unary((tf, x) => tf.softplus(x)),
  Softsign: unary(softsign),
  Tanh: unary((tf, x) => tf.tanh(x)),
  Erf: unary((tf, x) => tf.erf(x)),
  Exp: unary((tf, x) => tf.exp(x)),
  Log: unary((tf, x) => tf.log(x)),
  Sqrt: unary((tf, x) => tf.sqrt(x)),
  Reciprocal: unary((tf, x) => tf.reciprocal(x)),
  Abs: unary((tf, x) => tf.abs(x)),
  Neg: unary((tf, x) => tf.neg(x)),
  Floor: unary((tf, x) => tf.floor(x)),
  Ceil: unary((tf, x) => tf.ceil(x)),
  Round: unary((tf, x) => tf.round(x)),
  Sign: unary((tf, x) => tf.sign(x)),
  Sin: unary((tf, x) => tf.sin(x)),
  Cos: unary((tf, x) => tf.cos(x)),
  Tan: unary((tf, x) => tf.tan(x)),
  Asin: unary((tf, x) => tf.asin(x)),
  Acos: unary((tf, x) => tf.acos(x)),
  Atan: unary((tf, x) => tf.atan(x)),
  Sinh: unary((tf, x) => tf.sinh(x)),
  Cosh: unary((tf, x) => tf.cosh(x)),
  Asinh: unary((tf, x) => tf.asinh(x)),
  Acosh: unary((tf, x) => tf.acosh(x)),
  Atanh: unary((tf, x) => tf.atanh(x)),
  IsNaN: unary((tf, x) => tf.isNaN(x)),
  IsInf: unary((tf, x) => tf.isInf(x)),
  Identity: unary((tf, x) => tf.clone(x)),
  Clip: clip,
  Add: binary((tf, a, b) => tf.add(a, b)),
  Sub: binary((tf, a, b) => tf.sub(a, b)),
  Mul: binary((tf, a, b) => tf.mul(a, b)),
  Div: binary(divide),
  Pow: binary((tf, a, b) => tf.pow(a, a.dtype === b.dtype ? b : tf.cast(b, a.dtype))),
  Mod: (call) => {
    const [tf, a, b] = [call.tf, given(call, 0), given(call, 1)];
    // fmod keeps the sign of what is divided; tf.mod takes that of the divisor.
    if (intAttribute(call.attributes, 'fmod', 0) === 0) return tf.mod(a, b);
    return tf.mul(tf.sign(a), tf.mod(tf.abs(a), tf.abs(b)));
  },
  Max: folded((tf, a, b) => tf.maximum(...alike(tf, a, b))),
  Min: folded((tf, a, b) => tf.minimum(...alike(tf, a, b))),
  Sum: folded((tf, a, b) => tf.add(a, b)),
  Mean: (call) => {
    const sum = call.inputs.map((_, slot) => given(call, slot)).reduce((a, b) => call.tf.add(a, b));
    return call.tf.div(sum, call.inputs.length);
  },
  Equal: binary((tf, a, b) => tf.equal(a, b)),
  Greater: binary((tf, a, b) => tf.greater(a, b)),
  GreaterOrEqual: binary((tf, a, b) => tf.greaterEqual(a, b)),
  Less: binary((tf, a, b) => tf.less(a, b)),
  LessOrEqual: binary((tf, a, b) => tf.lessEqual(a, b)),
  And: binary((tf, a, b) => tf.logicalAnd(truth(tf, a), truth(tf, b))),
  Or: binary((tf, a, b) => tf.logicalOr(truth(tf, a), truth(tf, b))),
  Xor: binary((tf, a, b) => tf.logicalXor(truth(tf, a), truth(tf, b))),
  Not: unary((tf, x) => tf.logicalNot(truth(tf, x))),
  Where: (call) => {
    const { tf } = call;
    const [condition, a, b] = [given(call, 0), given(call, 1), given(call, 2)];
    const { assertAndGetBroadcastShape: common } = tf.broadcast_util;
    const shape = common(common(a.shape, b.shape), condition.shape);
    const chosen = tf.cast(tf.broadcastTo(tf.cast(frozen(tf, condition), 'int32'), shape), 'bool');
    return tf.where(chosen, tf.broadcastTo(a, shape), tf.broadcastTo(b, shape));
  },
};
