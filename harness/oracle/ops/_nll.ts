import { intAttribute, stringAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { misfit, refuse } from './_context.ts';
import { makeValue } from './_kit.ts';

/** What each sample (batch element and position) counts, and where its label's log probability lies; −1 where it is ignored. */
interface Samples {
  readonly at: Int32Array;
  readonly weight: Float64Array;
  /** What the sum is divided by: 1 unless the reduction is the mean. */
  readonly divisor: number;
  readonly reduction: 'none' | 'sum' | 'mean';
}

/** The loss of log probabilities [batch, classes, ...]: −weight[label] · log p[label], reduced. */
export function nllForward(context: OperatorContext, logs: Value, labels: Value, weights: Value | undefined): Value {
  const { round } = context.arithmetic;
  const { at, weight, divisor, reduction } = samplesOf(context, logs, labels, weights);
  const each = new Float64Array(at.length);
  for (let i = 0; i < at.length; i++) if (at[i]! >= 0) each[i] = -round(weight[i]! * logs.data[at[i]!]!);
  if (reduction === 'none') return makeValue(logs.dtype, labels.shape, each);
  let sum = 0;
  for (const loss of each) sum = round(sum + loss);
  return makeValue(logs.dtype, [], Float64Array.of(reduction === 'mean' ? round(sum / divisor) : sum));
}

/** The cotangent of the log probabilities. */
export function nllBack(
  context: OperatorContext,
  logs: Value,
  labels: Value,
  weights: Value | undefined,
  dy: Float64Array,
): Float64Array {
  const { round } = context.arithmetic;
  const { at, weight, divisor, reduction } = samplesOf(context, logs, labels, weights);
  const dlogs = new Float64Array(logs.data.length);
  for (let i = 0; i < at.length; i++) {
    if (at[i]! < 0) continue;
    const seed = reduction === 'none' ? dy[i]! : round(dy[0]! / divisor);
    dlogs[at[i]!] = -round(weight[i]! * seed);
  }
  return dlogs;
}

/** The cotangent of the class weights. A mean is divided by the weights' sum: (−log p − loss) / Σ weight. */
export function nllWeightsBack(
  context: OperatorContext,
  logs: Value,
  labels: Value,
  weights: Value,
  dy: Float64Array,
): Float64Array {
  const { round } = context.arithmetic;
  const { at, divisor, reduction } = samplesOf(context, logs, labels, weights);
  const loss = reduction === 'mean' ? nllForward(context, logs, labels, weights).data[0]! : 0;
  const back = new Float64Array(weights.data.length);
  for (let i = 0; i < at.length; i++) {
    if (at[i]! < 0) continue;
    const label = labels.data[i]!;
    const seed = reduction === 'none' ? dy[i]! : round(dy[0]! / divisor);
    back[label] = round(back[label]! + round(seed * round(-logs.data[at[i]!]! - loss)));
  }
  return back;
}

function samplesOf(context: OperatorContext, logs: Value, labels: Value, weights: Value | undefined): Samples {
  const { attributes, arithmetic } = context;
  const [batch = 1, classes = 1, ...rest] = logs.shape;
  const positions = sizeOf(rest);
  const reduction = stringAttribute(attributes, 'reduction', 'mean');
  if (reduction !== 'none' && reduction !== 'sum' && reduction !== 'mean') {
    refuse(context, `reduction "${reduction}"`, 'none, sum and mean are supported.');
  }
  const ignored = intAttribute(attributes, 'ignore_index', Number.NaN);
  const at = new Int32Array(batch * positions).fill(-1);
  const weight = new Float64Array(at.length);
  let total = 0;
  for (let i = 0; i < at.length; i++) {
    const label = labels.data[i]!;
    if (label === ignored) continue;
    if (!(0 <= label && label < classes)) misfit(context, `label ${label} is not one of ${classes} classes`);
    at[i] = (Math.floor(i / positions) * classes + label) * positions + (i % positions);
    weight[i] = weights ? weights.data[label]! : 1;
    total = arithmetic.round(total + weight[i]!);
  }
  return { at, weight, divisor: reduction === 'mean' ? total : 1, reduction };
}
