import type { Value } from '../types/oracle.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { countsOf } from './_loss.ts';
import { type LossPair, lossPairOf, sigmoidOf } from './_loss-pair.ts';
import { bestFactor, near, shown } from './_numbers.ts';

type Derivative = (y: number, t: number) => number;

interface Slip {
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
  readonly of: Derivative;
}

const SUBTRACT = 'Subtract the target from the prediction.';
const missing = (of: Derivative, what = 'the prediction'): Slip => ({
  cause: 'gradient.target-missing',
  claim: `the gradient is made of ${what} alone: the target is not subtracted`,
  fix: SUBTRACT,
  of,
});
const wrong = (what: string, of: Derivative, fix = 'Use the derivative of the loss that is computed.'): Slip => ({
  cause: 'gradient.derivative-wrong',
  claim: `${what} is sent back for the derivative of the loss`,
  fix,
  of,
});

/** Losses of pairs: the derivative by the prediction, but for a factor, and what is written in its place. */
const LOSSES: readonly { readonly squared: boolean; readonly right: Derivative; readonly slips: readonly Slip[] }[] = [
  {
    squared: false,
    right: (y, t) => (y - t) / (y * (1 - y)),
    slips: [
      missing((y) => 1 / (1 - y)),
      wrong(
        'prediction − target, the gradient in front of the sigmoid,',
        (y, t) => y - t,
        'Divide by prediction · (1 − prediction), or send the difference to what goes into the sigmoid.',
      ),
      wrong('−target / prediction, without the other class,', (y, t) => -t / y),
      wrong('(1 − target) / (1 − prediction), without the first class,', (y, t) => (1 - t) / (1 - y)),
      wrong('(prediction − target) · prediction · (1 − prediction)', (y, t) => (y - t) * y * (1 - y)),
    ],
  },
  {
    squared: false,
    right: (z, t) => sigmoidOf(z) - t,
    slips: [
      missing((z) => sigmoidOf(z), "the logits' sigmoid"),
      {
        cause: 'gradient.derivative-of-wrong-value',
        claim: 'logits − target is sent back: the sigmoid is left out',
        fix: 'Use sigmoid(logits) − target.',
        of: (z, t) => z - t,
      },
      wrong(
        "(sigmoid − target) times the sigmoid's own derivative",
        (z, t) => (sigmoidOf(z) - t) * sigmoidOf(z) * (1 - sigmoidOf(z)),
        'Send sigmoid(logits) − target back as it is: it holds that derivative already.',
      ),
    ],
  },
  {
    squared: true,
    right: (y, t) => y - t,
    slips: [missing((y) => y), wrong('the sign of the difference', (y, t) => Math.sign(y - t))],
  },
];

/** A loss of pairs that is recorded as one: its derivative by the prediction is another, or off by a count or by 2. */
export const pairLossGradient: Rule = {
  id: 'gradient-loss-pair',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    const { direction, tensor, segment, truth, subject } = context;
    if (direction !== 'backward' || segment.length < 2 || !endsInScalar(context)) return;
    const pair = lossPairOf(context);
    if (pair === null || pair.prediction !== tensor) return;
    for (const { squared, right, slips } of LOSSES) {
      const factor = fitted(truth, pair, right);
      if (factor === null) continue;
      for (const { of, ...told } of slips) {
        yield { ...told, specificity: 3, gain: 4, predicted: each(pair, of).map((d) => d * factor) };
      }
      yield* scaled(bestFactor(subject.data, truth.data), truth, squared, factor);
      return;
    }
  },
};

/** True where the segment leads to one number that the network gives out: the loss. */
const endsInScalar = ({ segment, wiring, value }: RuleContext): boolean =>
  segment.some(({ outputs }) =>
    outputs.some((name) => wiring.graph.outputs.some((o) => o.name === name) && value(name)?.data.length === 1),
  );

const each = ({ y, t }: LossPair, of: Derivative): Float64Array => y.data.map((v, i) => of(v, t.data[i] as number));

/** The constant by which the derivative gives the true gradient; null where it does not. */
function fitted({ data }: Value, pair: LossPair, right: Derivative): number | null {
  const slopes = each(pair, right);
  const factor = bestFactor(data, slopes);
  if (factor === null || factor === 0) return null;
  let [off, all] = [0, 0];
  data.forEach((d, i) => {
    off += (d - factor * (slopes[i] as number)) ** 2;
    all += d * d;
  });
  return off <= 1e-8 * all ? factor : null;
}

/** Off by a count of the pairs (a sum for a mean), or by the 2 of a square. */
function* scaled(off: number | null, truth: Value, squared: boolean, factor: number): Iterable<FormHypothesis> {
  if (off === null || off <= 0 || near(off, 1)) return;
  const told = { specificity: 3 as const, gain: Math.max(1, off), predicted: truth.data.map((d) => d * off) };
  // Over the batch alone it is the batch factor, which has a name of its own.
  const count = countsOf(truth.shape).find(
    ({ value }) => value !== truth.shape[0] && (near(off, value) || near(off, 1 / value)),
  );
  if (count !== undefined) {
    yield {
      ...told,
      cause: 'loss.reduction',
      claim: `the gradient of the loss is ${shown(off)} times what it should be: ${off > 1 ? 'not divided' : 'divided once too often'} by ${count.name}`,
      fix: `Divide by ${count.name} as often as the loss does.`,
    };
  }
  // A derivative 2·(y − t)/n has the square's 2; where the model halves the square, (y − t)/n has not.
  const doubled = truthIsDoubled(factor, truth);
  if (squared && near(off, doubled ? 0.5 : 2)) {
    yield {
      ...told,
      cause: 'loss.half-factor',
      claim: doubled
        ? 'the gradient of the squared error is halved: the 2 of the derivative is left out, as if the loss had a factor 1/2'
        : 'the gradient of the squared error is doubled, as if the loss had no factor 1/2',
      fix: `Send ${doubled ? '2 · ' : ''}(prediction − target) back, as the loss that is computed has it.`,
    };
  }
}

function truthIsDoubled(factor: number, { shape }: Value): boolean {
  return [1, ...countsOf(shape).map(({ value }) => value)].some((count) => near(factor * count, 2));
}
