import type { OptimizerSettings } from '../types/optimizer.ts';

export { OPTIMIZER_DEFAULTS } from '../optimizer.ts';
export type { OptimizerSettings };

/** What one step of one parameter starts from. Moments and velocity are those of before the step (zeros at the first), or with `after` those that the step made. */
export interface StepInput {
  readonly parameter: Float64Array;
  readonly gradient: Float64Array;
  /** Steps, this one included: 1 at the first. */
  readonly step: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
  /** RMSProp: the mean of gradients where it is centred. */
  readonly third?: Float64Array;
  readonly after?: boolean;
}

/** What a faulty step does otherwise. */
export interface StepFault {
  readonly correctsFirst?: boolean;
  readonly correctsSecond?: boolean;
  /** outside: √v̂ + ε; inside: √(v̂ + ε); hat: ε is added before the second moment is corrected. */
  readonly epsilonAt?: 'outside' | 'inside' | 'hat';
  readonly rateInVelocity?: boolean;
}

/**
 * The update (after minus before) of one step.
 * Adam and AdamW: Kingma and Ba, algorithm 1; Loshchilov and Hutter, algorithm 2. SGD, RMSProp and Adagrad as PyTorch has them.
 */
export function updateOf(settings: OptimizerSettings, input: StepInput, fault: StepFault = {}): Float64Array {
  const { kind, decay } = settings;
  const coupled = kind === 'adamw' ? 0 : decay;
  const d = input.gradient.map((g, i) => g + coupled * (input.parameter[i] as number));
  if (kind === 'sgd') return sgd(settings, input, d, fault);
  if (kind === 'rmsprop') return rmsprop(settings, input, d, fault);
  if (kind === 'adagrad') return adagrad(settings, input, d, fault);
  const own = adam(settings, input, d, fault);
  if (kind !== 'adamw') return own;
  return own.map((x, i) => x - settings.learningRate * decay * (input.parameter[i] as number));
}

function sgd(
  { momentum, nesterov, dampening, learningRate }: OptimizerSettings,
  { first, step, after }: StepInput,
  d: Float64Array,
  { rateInVelocity = false }: StepFault,
): Float64Array {
  // The first velocity is the gradient itself, without dampening.
  const share = step === 1 ? 1 : 1 - dampening;
  const inside = rateInVelocity ? learningRate : 1;
  const made = after === true && momentum !== 0;
  const velocity = made ? first : d.map((x, i) => momentum * (first[i] as number) + share * inside * x);
  const outside = rateInVelocity ? 1 : learningRate;
  return velocity.map((v, i) => -outside * (nesterov ? inside * (d[i] as number) + momentum * v : v));
}

function adam(
  { betas: [beta1, beta2], learningRate, epsilon }: OptimizerSettings,
  { first, second, step, after }: StepInput,
  d: Float64Array,
  { correctsFirst = true, correctsSecond = true, epsilonAt = 'outside' }: StepFault,
): Float64Array {
  const one = correctsFirst ? 1 - beta1 ** step : 1;
  const two = correctsSecond ? 1 - beta2 ** step : 1;
  return d.map((x, i) => {
    const [m0, v0] = [first[i] as number, second[i] as number];
    const m = (after === true ? m0 : beta1 * m0 + (1 - beta1) * x) / one;
    const v = (after === true ? v0 : beta2 * v0 + (1 - beta2) * x * x) / two;
    return (-learningRate * m) / divisor(v, epsilon, epsilonAt, two);
  });
}

/** With momentum, `first` is its buffer (torch.optim.RMSprop); the mean of a centred one is `third`. */
function rmsprop(
  { betas: [, beta], learningRate, epsilon, momentum, centered }: OptimizerSettings,
  { first, second, third, after }: StepInput,
  d: Float64Array,
  { epsilonAt = 'outside' }: StepFault,
): Float64Array {
  const blend = (old: number, x: number): number => (after === true ? old : beta * old + (1 - beta) * x);
  return d.map((x, i) => {
    if (after === true && momentum !== 0) return -learningRate * (first[i] as number);
    const mean = centered ? blend(third?.[i] ?? 0, x) : 0;
    const v = blend(second[i] as number, x * x) - mean * mean;
    const step = x / divisor(v, epsilon, epsilonAt, 1);
    const carried = momentum === 0 ? 0 : momentum * (first[i] as number);
    return -learningRate * (carried + step);
  });
}

function adagrad(
  { learningRate, epsilon }: OptimizerSettings,
  { second, after }: StepInput,
  d: Float64Array,
  { epsilonAt = 'outside' }: StepFault,
): Float64Array {
  return d.map((x, i) => {
    const sum = (second[i] as number) + (after === true ? 0 : x * x);
    return (-learningRate * x) / divisor(sum, epsilon, epsilonAt, 1);
  });
}

function divisor(v: number, epsilon: number, at: NonNullable<StepFault['epsilonAt']>, correction: number): number {
  if (at === 'inside') return Math.sqrt(v + epsilon);
  return Math.sqrt(v) + (at === 'hat' ? epsilon / Math.sqrt(correction) : epsilon);
}
