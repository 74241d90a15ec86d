/** What an optimiser is set to. The model file does not say: the user declares it. */
export interface OptimizerSettings {
  readonly kind: 'sgd' | 'adam' | 'adamw' | 'rmsprop';
  readonly learningRate: number;
  /** SGD: share of the velocity that goes on. */
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly dampening: number;
  /** Adam: of the first moment, of the second. RMSProp uses the second. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Weight decay: L2 in sgd, adam and rmsprop, decoupled in adamw. */
  readonly decay: number;
}

/** PyTorch's defaults, but for the learning rate. */
export const OPTIMIZER_DEFAULTS: Omit<OptimizerSettings, 'kind' | 'learningRate'> = {
  momentum: 0,
  nesterov: false,
  dampening: 0,
  betas: [0.9, 0.999],
  epsilon: 1e-8,
  decay: 0,
};

/** What one step of one parameter starts from. Moments and velocity are those of before the step (zeros at the first). */
export interface StepInput {
  readonly parameter: Float64Array;
  readonly gradient: Float64Array;
  /** Steps, this one included: 1 at the first. */
  readonly step: number;
  readonly first: Float64Array;
  readonly second: Float64Array;
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
 * Adam and AdamW: Kingma and Ba, algorithm 1; Loshchilov and Hutter, algorithm 2. SGD and RMSProp as PyTorch has them.
 */
export function updateOf(settings: OptimizerSettings, input: StepInput, fault: StepFault = {}): Float64Array {
  const { kind, decay } = settings;
  const coupled = kind === 'adamw' ? 0 : decay;
  const d = input.gradient.map((g, i) => g + coupled * (input.parameter[i] as number));
  if (kind === 'sgd') return sgd(settings, input, d, fault);
  const own = kind === 'rmsprop' ? rmsprop(settings, input, d, fault) : adam(settings, input, d, fault);
  if (kind !== 'adamw') return own;
  return own.map((x, i) => x - settings.learningRate * decay * (input.parameter[i] as number));
}

function sgd(
  { momentum, nesterov, dampening, learningRate }: OptimizerSettings,
  { first, step }: StepInput,
  d: Float64Array,
  { rateInVelocity = false }: StepFault,
): Float64Array {
  // The first velocity is the gradient itself, without dampening.
  const share = step === 1 ? 1 : 1 - dampening;
  const inside = rateInVelocity ? learningRate : 1;
  const velocity = d.map((x, i) => momentum * (first[i] as number) + share * inside * x);
  const outside = rateInVelocity ? 1 : learningRate;
  return velocity.map((v, i) => -outside * (nesterov ? inside * (d[i] as number) + momentum * v : v));
}

function adam(
  { betas: [beta1, beta2], learningRate, epsilon }: OptimizerSettings,
  { first, second, step }: StepInput,
  d: Float64Array,
  { correctsFirst = true, correctsSecond = true, epsilonAt = 'outside' }: StepFault,
): Float64Array {
  const one = correctsFirst ? 1 - beta1 ** step : 1;
  const two = correctsSecond ? 1 - beta2 ** step : 1;
  return d.map((x, i) => {
    const m = (beta1 * (first[i] as number) + (1 - beta1) * x) / one;
    const v = (beta2 * (second[i] as number) + (1 - beta2) * x * x) / two;
    return (-learningRate * m) / divisor(v, epsilon, epsilonAt, two);
  });
}

function rmsprop(
  { betas: [, beta], learningRate, epsilon }: OptimizerSettings,
  { second }: StepInput,
  d: Float64Array,
  { epsilonAt = 'outside' }: StepFault,
): Float64Array {
  return d.map((x, i) => {
    const v = beta * (second[i] as number) + (1 - beta) * x * x;
    return (-learningRate * x) / divisor(v, epsilon, epsilonAt, 1);
  });
}

function divisor(v: number, epsilon: number, at: NonNullable<StepFault['epsilonAt']>, correction: number): number {
  if (at === 'inside') return Math.sqrt(v + epsilon);
  return Math.sqrt(v) + (at === 'hat' ? epsilon / Math.sqrt(correction) : epsilon);
}
