import { intAttribute } from '../attributes.ts';
import { around } from '../oracle/ops/_context.ts';
import { axisOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, zip } from './_back.ts';

/** Softmax's Jacobian is diag(p) − p·pᵀ: here only its diagonal, only one of its terms, along another axis, or of the input. */
export const softmaxGradient: Rule = {
  id: 'gradient-softmax',
  ops: ['Softmax'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, outputs, cotangents } = context;
    const [x, p, dy] = [inputs[0], outputs[0], cotangents[0]];
    if (x === undefined || p === undefined || dy === undefined) return;
    const direct = zip(p.data, dy.data, (a, d) => a * d);
    yield diagonal(
      "only the diagonal of softmax's Jacobian is used: dy · p · (1 − p)",
      zip(direct, p.data, (d, a) => d * (1 - a)),
    );
    yield diagonal("softmax's sum over the other elements is left out: dy · p", direct);
    yield wrong('the gradient passes through Softmax unchanged', dy.data);
    yield wrong(
      'the sum Σ p·dy is not multiplied by p',
      zip(direct, sums(context, p, direct), (d, s) => d - s),
    );
    yield wrong('the sum is that of dy, not of p·dy', back(p.data, dy.data, sums(context, p, dy.data)));
    yield wrong(
      'the sum Σ p·dy is added, not subtracted',
      back(
        p.data,
        dy.data,
        sums(
          context,
          p,
          direct.map((d) => -d),
        ),
      ),
    );
    yield sent(
      'gradient.derivative-of-wrong-value',
      "softmax's derivative, a formula of its output, is computed from its input",
      'Use the probabilities, not the scores.',
      back(
        x.data,
        dy.data,
        sums(
          context,
          p,
          zip(x.data, dy.data, (a, d) => a * d),
        ),
      ),
    );
    for (let axis = 0; axis < p.shape.length; axis++) {
      if (axis === axisOfNode(context, p)) continue;
      yield wrong(`the sum Σ p·dy goes along axis ${axis}`, back(p.data, dy.data, sums(context, p, direct, axis)));
    }
  },
};

/** Log-softmax: dy − p · Σ dy. */
export const logSoftmaxGradient: Rule = {
  id: 'gradient-log-softmax',
  ops: ['LogSoftmax'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { outputs, cotangents } = context;
    const [y, dy] = [outputs[0], cotangents[0]];
    if (y === undefined || dy === undefined) return;
    const p = y.data.map(Math.exp);
    yield wrongLog('the gradient passes through LogSoftmax unchanged', dy.data);
    const products = zip(p, dy.data, (a, d) => a * d);
    yield wrongLog("softmax's derivative stands for log-softmax's", back(p, dy.data, sums(context, y, products)));
    yield wrongLog(
      'the sum Σ dy is not multiplied by p',
      zip(dy.data, sums(context, y, dy.data), (d, s) => d - s),
    );
    yield sent(
      'gradient.derivative-of-wrong-value',
      'the log-probabilities stand where the probabilities belong: dy − y · Σ dy',
      'Use the exponential of the output.',
      zip(
        dy.data,
        zip(y.data, sums(context, y, dy.data), (a, s) => a * s),
        (d, s) => d - s,
      ),
    );
  },
};

const FIX = 'Send back p · (dy − Σ p·dy), the sum over the softmax axis.';

const diagonal = (claim: string, part: Float64Array): BackwardHypothesis =>
  sent('gradient.softmax-diagonal', claim, FIX, part);

const wrong = (claim: string, part: Float64Array): BackwardHypothesis =>
  sent('gradient.derivative-wrong', claim, FIX, part);

const wrongLog = (claim: string, part: Float64Array): BackwardHypothesis =>
  sent('gradient.derivative-wrong', claim, 'Send back dy − p · Σ dy, the sum over the softmax axis.', part);

/** p · (dy − sum). */
const back = (p: Float64Array, dy: Float64Array, sum: Float64Array): Float64Array =>
  p.map((a, i) => a * ((dy[i] as number) - (sum[i] as number)));

const axisOfNode = ({ attributes, opset }: BackwardContext, { shape }: Value): number =>
  axisOf(intAttribute(attributes, 'axis', opset < 13 ? 1 : -1), shape.length);

/** The sum of each row, at each of its elements. Before opset 13 a row is all from the axis on. */
function sums(context: BackwardContext, { shape }: Value, data: Float64Array, axis?: number): Float64Array {
  const own = axisOfNode(context, { dtype: 'float64', shape, data });
  const flat = axis === undefined && context.opset < 13;
  const { outer, length, inner } = flat
    ? { outer: around(shape, own).outer, length: data.length / around(shape, own).outer, inner: 1 }
    : around(shape, axis ?? own);
  const out = new Float64Array(data.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      for (let c = 0; c < length; c++) sum += data[(o * length + c) * inner + i] as number;
      for (let c = 0; c < length; c++) out[(o * length + c) * inner + i] = sum;
    }
  }
  return out;
}
