import { roundToBfloat16, roundToFloat16 } from '../../../harness/numerics/float16.ts';
import { type Bug, type Kit, times, zeroed } from '../bug.ts';
import { float } from '../cases.ts';
import * as w from '../layers.ts';

const shown = (plan: string, target: string, kind: string, make: Bug['make']): Bug => ({
  kind: `sensitised: ${kind}`,
  plan,
  target,
  make,
  sensitised: true,
});
const epsilon = (value: number) => (k: Kit) => k.edited({ attributes: { epsilon: float(value) } });
const bare: w.Written = (t, x) => {
  const e = w.exp(t, x);
  return t.div(e, t.sumLast(e, 1));
};
const written = (layer: w.Written, round?: (x: number) => number) => (k: Kit) => k.written(layer, round);
const inputs = (of: (k: Kit) => Record<string, ArrayLike<number>>) => (k: Kit) => k.edited({ inputs: of(k) });
/** Probabilities clipped at 1e-7 before the logarithm. */
const clipped: w.Written = (t, x, y) => {
  const p = t.unary(
    x,
    (v) => Math.min(1 - 1e-7, Math.max(1e-7, 1 / (1 + Math.exp(-v)))),
    (_, s) => s * (1 - s),
  );
  const q = t.sub(t.constant(1), p);
  const one = t.constant(1);
  const terms = t.add(t.mul(y!, w.log(t, p)), t.mul(t.sub(one, y!), w.log(t, q)));
  return t.reshape(t.sub(t.constant(0), w.mean(t, terms)), []);
};

/** Bugs that ordinary inputs hide or nearly hide, on inputs made to show them. */
export const sensitised: readonly Bug[] = [
  shown('Softmax logits 100', 'y', 'softmax: no maximum subtracted, logits of 100', written(bare)),
  shown('Softmax offset 1000', 'y', 'softmax: no maximum subtracted, offset 1000', written(bare)),
  shown('BinaryCrossEntropy sure', 'y', 'binary loss: probabilities clipped, sure predictions', written(clipped)),
  shown('ReduceMean of 13', 'y', 'mean over n − 1, n = 13', (k) => times(k.truth, 13 / 12)),
  shown('LayerNormalization variance 1e-4', 'y', 'layer norm: epsilon 1e-6, small variance', epsilon(1e-6)),
  shown('LayerNormalization variance 1e-4', 'y', 'layer norm: epsilon 1e-12, small variance', epsilon(1e-12)),
  shown('LayerNormalization variance 1e-4', 'x0', 'layer norm gradient: epsilon 1e-12, small variance', epsilon(1e-12)),
  shown('InstanceNormalization variance 1e-4', 'y', 'instance norm: epsilon 1e-3, small variance', epsilon(1e-3)),
  shown('InstanceNormalization variance 1e-4', 'y', 'instance norm: epsilon 1e-6, small variance', epsilon(1e-6)),
  shown('RMSNormalization tiny', 'y', 'rms norm: epsilon 1e-6, small numbers', epsilon(1e-6)),
  shown('RMSNormalization tiny', 'x0', 'rms norm gradient: epsilon 1e-6, small numbers', epsilon(1e-6)),
  shown(
    'MatMul K=1024 positive',
    'y',
    'last term of 1,024 lost, positive',
    inputs((k) => ({ x0: zeroed(k.x(0), (i) => i % 1024 === 1023) })),
  ),
  shown('MatMul K=4099 positive', 'y', 'float16 accumulator, positive', written(w.matmul, roundToFloat16)),
  shown('MatMul K=4099 positive', 'y', 'bfloat16 accumulator, positive', written(w.matmul, roundToBfloat16)),
  shown(
    'ReduceSum 65536 positive',
    'y',
    'operands truncated to 9 bits, positive',
    inputs((k) => ({ x0: k.x(0).map((v) => 2 ** -9 * Math.floor(2 ** 9 * v)) })),
  ),
  shown('Gelu tails', 'y', 'gelu by tanh, tails', (k) => {
    const c = Math.sqrt(2 / Math.PI);
    return k.x(0).map((x) => 0.5 * x * (1 + Math.tanh(c * (x + 0.044715 * x ** 3))));
  }),
  shown('Softplus wide', 'y', 'softplus: logarithm of 1 + eˣ, beyond the range of eˣ', (k) =>
    k.x(0).map((x) => Math.log(Math.fround(1 + Math.fround(Math.exp(x))))),
  ),
  shown('Sigmoid wide', 'x0', 'sigmoid gradient by e⁻ˣ / (1 + e⁻ˣ)², beyond the range of eˣ', (k) =>
    k.dy.map((dy, i) => {
      const e = Math.fround(Math.exp(-k.x(0)[i]!));
      return dy * Math.fround(e / Math.fround((1 + e) ** 2));
    }),
  ),
];
