// One step of N elements of a parameter, and of what the optimiser keeps of it.

export interface Sgd {
  readonly learningRate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly dampening: number;
  /** Added to the gradient. */
  readonly decay: number;
}

/** velocity = momentum · velocity + (1 - dampening) · gradient; w -= learning rate · velocity. At the first step the velocity is the gradient. */
export function sgd(
  w: Float32Array,
  velocity: Float32Array,
  gradient: Float32Array,
  { learningRate, momentum, nesterov, dampening, decay }: Sgd,
  step: number,
  N: number,
): void {
  for (let i = 0; i < N; i++) {
    const g = gradient[i]! + decay * w[i]!;
    velocity[i] = step === 1 ? g : momentum * velocity[i]! + (1 - dampening) * g;
    w[i]! -= learningRate * (nesterov ? g + momentum * velocity[i]! : velocity[i]!);
  }
}

export interface Adam {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly decay: number;
  /** Decay goes off the parameter (AdamW), not into the gradient. */
  readonly decoupled: boolean;
}

/** m and v are means of the gradient and its square, corrected for their start at 0; w -= learning rate · m / (√v + epsilon). */
export function adam(
  w: Float32Array,
  m: Float32Array,
  v: Float32Array,
  gradient: Float32Array,
  { learningRate, beta1, beta2, epsilon, decay, decoupled }: Adam,
  step: number,
  N: number,
): void {
  for (let i = 0; i < N; i++) {
    const g = gradient[i]! + (decoupled ? 0 : decay * w[i]!);
    m[i] = beta1 * m[i]! + (1 - beta1) * g;
    v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
    const [mean, square] = [m[i]! / (1 - beta1 ** step), v[i]! / (1 - beta2 ** step)];
    const decayed = decoupled ? w[i]! * (1 - learningRate * decay) : w[i]!;
    w[i] = decayed - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  }
}
