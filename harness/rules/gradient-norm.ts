import type { BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, zip } from './_back.ts';
import { dHat, type Norm, normOf, NORMS, sendBack } from './_norm-back.ts';

/** Norms on the way back: the statistics taken as constants, the scale or the deviation left out, the parameters' gradients without x̂. */
export const normGradient: Rule = {
  id: 'gradient-norm',
  ops: NORMS,
  *backward(context): Iterable<BackwardHypothesis> {
    const norm = normOf(context);
    if (norm === null) return;
    if (context.slot === 0) yield* toInput(norm);
    if (context.slot === 1) yield* toScale(norm, context.part.data.length);
  },
};

function* toInput(norm: Norm): Iterable<BackwardHypothesis> {
  const d = dHat(norm);
  if (norm.fixed) {
    yield sent(
      'norm.statistics',
      "the running statistics are differentiated as if they were the batch's own",
      'Multiply by scale / deviation only: running statistics are constants.',
      sendBack(norm, d, { mean: true, variance: true }),
    );
  } else {
    yield* constants(norm, d);
  }
  const all = { mean: !norm.fixed, variance: !norm.fixed };
  yield wrong(
    'the scale (gamma) is left out on the way back',
    'Multiply by gamma first.',
    sendBack(norm, norm.dy, all),
  );
  const undivided = { ...norm, statistics: { ...norm.statistics, inverse: norm.statistics.inverse.map(() => 1) } };
  yield wrong(
    'the division by the standard deviation is left out on the way back',
    'Divide by the standard deviation.',
    sendBack(undivided, d, all),
  );
  const squared = { ...norm, statistics: { ...norm.statistics, inverse: norm.statistics.inverse.map((v) => v * v) } };
  yield wrong(
    'divided by the variance, not by the standard deviation, on the way back',
    'Divide by the standard deviation.',
    sendBack(squared, d, all),
  );
  yield wrong('the gradient passes through the norm unchanged', 'Apply the derivative of the norm.', norm.dy);
  if (norm.fixed) return;
  const raw = { ...norm, statistics: { ...norm.statistics, hat: norm.x.data } };
  yield sent(
    'gradient.derivative-of-wrong-value',
    'the input x stands where the normalised x̂ belongs in the derivative',
    'Use x̂ = (x − mean) / deviation.',
    sendBack(raw, d, all),
  );
  if (norm.groups.size > 1)
    yield wrong(
      'the means in the derivative are divided by n − 1',
      'Divide by n, as the variance of the forward pass is.',
      sendBack(norm, d, { ...all, count: norm.groups.size - 1 }),
    );
}

const wrong = (claim: string, fix: string, part: Float64Array): BackwardHypothesis =>
  sent('gradient.derivative-wrong', claim, fix, part);

function* constants(norm: Norm, d: Float64Array): Iterable<BackwardHypothesis> {
  const cases = [
    { mean: false, variance: false, what: norm.centred ? 'mean and variance are' : 'the mean square is' },
    ...(norm.centred
      ? [
          { mean: false, variance: true, what: 'the mean is' },
          { mean: true, variance: false, what: 'the variance is' },
        ]
      : []),
  ];
  for (const { what, ...through } of cases) {
    yield sent(
      'gradient.statistics-constant',
      `${what} taken as ${what.endsWith('are') ? 'constants' : 'a constant'} on the way back`,
      'Send the gradient back through the statistics too: inverse · (d − mean(d) − x̂ · mean(d · x̂)).',
      sendBack(norm, d, through),
    );
  }
}

function* toScale(norm: Norm, size: number): Iterable<BackwardHypothesis> {
  const summed = (terms: Float64Array): Float64Array => {
    const out = new Float64Array(size);
    terms.forEach((t, i) => (out[norm.parameter(i)] = (out[norm.parameter(i)] as number) + t));
    return out;
  };
  yield sent(
    'gradient.derivative-wrong',
    'the gradient of the scale (gamma) is the sum of dy, without x̂: that is the gradient of the shift',
    'Sum dy · x̂.',
    summed(norm.dy),
  );
  yield sent(
    'gradient.derivative-of-wrong-value',
    'the gradient of the scale (gamma) is made of the input x, not of the normalised x̂',
    'Sum dy · x̂ with x̂ = (x − mean) / deviation.',
    summed(zip(norm.dy, norm.x.data, (d, x) => d * x)),
  );
  const group = new Int32Array(norm.x.data.length);
  for (let k = 0; k < group.length; k++) group[norm.groups.order?.[k] ?? k] = Math.floor(k / norm.groups.size);
  const centred = norm.x.data.map((x, i) => x - (norm.statistics.mean[group[i] as number] as number));
  yield sent(
    'gradient.derivative-of-wrong-value',
    'the gradient of the scale (gamma) is made of x − mean, without the division by the deviation',
    'Sum dy · x̂ with x̂ = (x − mean) / deviation.',
    summed(zip(norm.dy, centred, (d, x) => d * x)),
  );
  const scale = norm.scale;
  if (scale === undefined) return;
  const y = norm.statistics.hat.map((h, i) => h * (scale.data[norm.parameter(i)] as number));
  yield sent(
    'gradient.derivative-of-wrong-value',
    'the gradient of the scale (gamma) is made of gamma · x̂, the output, not of x̂',
    'Sum dy · x̂, before gamma is applied.',
    summed(zip(norm.dy, y, (d, v) => d * v)),
  );
}
