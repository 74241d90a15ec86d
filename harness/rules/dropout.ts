import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import { bestFactor, near, shown } from './_numbers.ts';

/** Fewer elements than that are no evidence of a random mask. */
const FEWEST = 16;
/** How many standard deviations the share of zeros may be from the rate. */
const DEVIATIONS = 4;

/** Elements dropped at random where none should be, or kept ones not scaled by 1 / (1 − rate). */
export const dropout: Rule = {
  id: 'dropout',
  *form(context: RuleContext): Iterable<FormHypothesis> {
    if (context.direction === 'backward') return;
    yield* active(context);
    yield* unscaled(context);
    yield* unscaledProduct(context);
  },
};

/** Zeros at a rate p, and everything else scaled by 1 / (1 − p) or by 1. */
function* active({ subject, truth, tensor, wiring }: RuleContext): Iterable<FormHypothesis> {
  const dropped = subject.data.map((x, i) => (x === 0 && truth.data[i] !== 0 ? 1 : 0));
  const mask = dropped.filter((_, i) => truth.data[i] !== 0);
  const alive = truth.data.reduce((count, x) => count + (x === 0 ? 0 : 1), 0);
  const count = dropped.reduce((sum, x) => sum + x, 0);
  if (alive < FEWEST || count === 0 || count === alive || !scattered(mask)) return;
  const kept = truth.data.map((x, i) => (dropped[i] ? 0 : x));
  const factor = bestFactor(subject.data, kept);
  if (factor === null) return;
  const share = count / alive;
  const rate = near(factor, 1) ? share : 1 - 1 / factor;
  const spread = Math.sqrt((rate * (1 - rate)) / alive);
  if (!(rate > 0 && Math.abs(share - rate) <= DEVIATIONS * spread)) return;
  const own = wiring.producer.get(tensor)?.op === 'Dropout';
  const scaled = near(factor, 1) ? ', and does not scale the others' : `, and scales the others by ${shown(factor)}`;
  yield {
    cause: 'dropout.active',
    claim: `${count} of ${alive} elements are dropped at random (rate about ${shown(near(factor, 1) ? Number(share.toFixed(2)) : rate)})${scaled}: dropout is active in evaluation`,
    fix: 'Switch dropout off in evaluation.',
    specificity: own || !near(factor, 1) ? 3 : 1,
    predicted: kept.map((x) => x * factor),
    gain: Math.max(1, factor),
  };
}

/** A random mask changes between kept and dropped as often as chance has it (the runs test); a border, a channel or a tail does so too rarely. */
function scattered(mask: Float64Array): boolean {
  const n = mask.length;
  const ones = mask.reduce((sum, x) => sum + x, 0);
  if (mask.lastIndexOf(1) - mask.indexOf(1) + 1 === ones) return false;
  const runs = mask.reduce((count, x, i) => count + (i > 0 && x !== mask[i - 1] ? 1 : 0), 1);
  const expected = (2 * ones * (n - ones)) / n + 1;
  const spread = Math.sqrt(((expected - 1) * (expected - 2)) / (n - 1));
  return runs >= expected - DEVIATIONS * spread;
}

/** The output of a Dropout that is right but for 1 / (1 − rate). */
function* unscaled(context: RuleContext): Iterable<FormHypothesis> {
  const { subject, truth, tensor, wiring, value } = context;
  const node = wiring.producer.get(tensor);
  if (node?.op !== 'Dropout') return;
  const ratio = node.inputs[1] === undefined ? null : value(node.inputs[1]);
  const named = node.attributes.ratio?.kind === 'float' ? node.attributes.ratio.value : (ratio?.data[0] ?? 0.5);
  const factor = bestFactor(subject.data, truth.data);
  if (factor === null || near(factor, 1)) return;
  if (!near(factor, 1 - named) && !near(factor, 1 / (1 - named))) return;
  yield {
    cause: 'dropout.scale',
    claim: `every value is ${shown(factor)} times what it should be: ${near(factor, 1 - named) ? `1 / (1 − ${shown(named)}) is missing, or 1 − ${shown(named)} is applied in evaluation` : `1 / (1 − ${shown(named)}) is applied once too often`}`,
    fix: 'Scale by 1 / (1 − rate) in training, and not at all in evaluation.',
    specificity: 3,
    predicted: truth.data.map((x) => x * factor),
    gain: Math.abs(factor),
  };
}

/** Dropout in training, written as a product with a mask of 0 and 1 and one with 1 / (1 − rate), of which the latter is left out. */
function* unscaledProduct({ subject, truth, segment, value, wiring }: RuleContext): Iterable<FormHypothesis> {
  const products = segment.filter(({ op }) => op === 'Mul' || op === 'Div');
  const held = products.flatMap(({ inputs }) => inputs).flatMap((name) => value(name) ?? []);
  const masked = held.some(({ data }) => data.length > 1 && isMask(data));
  const factor = bestFactor(subject.data, truth.data);
  if (!masked || factor === null || near(factor, 1)) return;
  for (const { op, inputs } of products) {
    for (const name of inputs) {
      const scale = wiring.producer.has(name) ? undefined : value(name)?.data;
      const [by] = scale ?? [];
      if (by === undefined || scale?.length !== 1 || (op === 'Div' && name !== inputs[1])) continue;
      const kept = op === 'Div' ? by : 1 / by;
      if (!(kept > 0 && kept < 1) || !near(factor, kept)) continue;
      yield {
        cause: 'dropout.scale',
        claim: `what is kept is ${shown(factor)} times what it should be: 1 / (1 − ${shown(1 - kept)}) is missing`,
        fix: 'Scale by 1 / (1 − rate) in training, and not at all in evaluation.',
        specificity: 3,
        predicted: truth.data.map((x) => x * factor),
        gain: 1,
      };
    }
  }
}

const isMask = (data: Float64Array): boolean =>
  data.every((x) => x === 0 || x === 1) && data.includes(0) && data.includes(1);
