import { floatAttribute, intAttribute, stringAttribute } from '../../../harness/attributes.ts';
import type { TfTensor } from '../tensors.ts';
import { type Call, given, type Kernel, type Kernels } from './_kernel.ts';

const gemm: Kernel = (call) => {
  const { tf, attributes, inputs } = call;
  const [a, b, c] = [given(call, 0), given(call, 1), inputs[2]];
  const [turnedA, turnedB] = ['transA', 'transB'].map((name) => intAttribute(attributes, name, 0) !== 0);
  const [alpha, beta] = [floatAttribute(attributes, 'alpha', 1), floatAttribute(attributes, 'beta', 1)];
  const product = tf.matMul(a, b, turnedA, turnedB);
  const scaled = alpha === 1 ? product : tf.mul(product, alpha);
  if (c === undefined) return scaled;
  return tf.add(scaled, beta === 1 ? c : tf.mul(c, beta));
};

/** numpy's matrix product of any ranks. */
export const matmul: Kernel = (call) => product(call, given(call, 0), given(call, 1));

export function product({ tf }: Pick<Call, 'tf'>, a: TfTensor, b: TfTensor): TfTensor {
  if (a.rank === 1) return tf.squeeze(product({ tf }, tf.reshape(a, [1, a.size]), b), [b.rank === 1 ? 0 : b.rank - 2]);
  if (b.rank === 1) return tf.squeeze(product({ tf }, a, tf.reshape(b, [b.size, 1])), [a.rank - 1]);
  if (b.rank === 2) {
    const inner = a.shape[a.rank - 1] as number;
    const flat = tf.matMul(tf.reshape(a, [-1, inner]), b);
    return tf.reshape(flat, [...a.shape.slice(0, -1), b.shape[1] as number]);
  }
  // tf.matMul's gradient does not sum over batch axes that were broadcast.
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [left, right] = [a, b].map((x) => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)])) as [TfTensor, TfTensor];
  return tf.matMul(left, right);
}

export const linear: Kernels = {
  Gemm: gemm,
  MatMul: matmul,
  Einsum: (call) => {
    const equation = stringAttribute(call.attributes, 'equation', '').replace(/\s/g, '');
    const [left, right] = equation.split('->');
    // Without an arrow: the letters that occur once, in order.
    const once = [...(left as string).replace(/,/g, '')].filter((c, _, all) => all.filter((d) => d === c).length === 1);
    const full = right === undefined ? `${left}->${once.sort().join('')}` : equation;
    return call.tf.einsum(full, ...call.inputs.map((_, slot) => given(call, slot)));
  },
};
