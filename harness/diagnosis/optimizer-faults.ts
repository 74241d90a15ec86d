import { shown } from '../rules/_numbers.ts';
import type { Told } from '../types/rule.ts';
import type { OptimizerSettings } from '../types/optimizer.ts';
import type { StepFault, StepInput } from './optimizer-step.ts';

/** A step as a bug would make it: with other settings, at another count, or by another formula. */
export interface FaultyStep extends Omit<Told, 'specificity'> {
  /** 3 unless said. */
  readonly specificity?: Told['specificity'];
  readonly to?: Partial<OptimizerSettings>;
  readonly step?: number;
  readonly fault?: StepFault;
}

/** Epsilons in use: PyTorch's, Keras's and TensorFlow.js's, and others. */
const EPSILONS = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-10, 0];

/** Everything that may be wrong in the formula of one step. */
export function* stepFaults(settings: OptimizerSettings, input: StepInput): Iterable<FaultyStep> {
  if (settings.kind === 'sgd') yield* ofMomentum(settings);
  else yield* ofEpsilon(settings);
  if (settings.kind === 'adam' || settings.kind === 'adamw') yield* ofAdam(settings, input);
  if (settings.kind === 'rmsprop') yield* ofMeanSquare(settings);
  yield* ofDecay(settings);
}

function* ofMomentum({ momentum, nesterov, dampening }: OptimizerSettings): Iterable<FaultyStep> {
  const cause = 'optimizer.momentum';
  if (momentum !== 0) {
    const claim = `the step ${nesterov ? 'is plain momentum, not Nesterov’s' : 'is Nesterov’s, not plain momentum'}`;
    const fix = nesterov ? 'Step by g + μ·v with the new v.' : 'Step by the new v alone.';
    yield { cause, claim, fix, to: { nesterov: !nesterov } };
    const inside = 'the learning rate is inside the velocity';
    yield {
      cause,
      claim: inside,
      fix: 'Multiply the velocity by the learning rate when stepping.',
      fault: { rateInVelocity: true },
    };
    yield {
      cause,
      claim: 'there is no momentum',
      fix: `Keep a velocity with μ = ${momentum}.`,
      to: { momentum: 0, nesterov: false },
    };
    const other = dampening === 0 ? momentum : 0;
    const damped = `the gradient enters the velocity with ${shown(1 - other)}, not ${shown(1 - dampening)}`;
    yield { cause, claim: damped, fix: `v = μ·v + ${shown(1 - dampening)}·g.`, to: { dampening: other } };
  }
}

function* ofAdam({ betas }: OptimizerSettings, { step }: StepInput): Iterable<FaultyStep> {
  const correction = { cause: 'optimizer.bias-correction', fix: 'Divide m by 1 − β1ᵗ and v by 1 − β2ᵗ.' };
  const both = { correctsFirst: false, correctsSecond: false };
  yield { ...correction, claim: 'neither moment is corrected for its start at 0', fault: both };
  yield { ...correction, claim: 'the first moment is not corrected', fault: { correctsFirst: false } };
  yield { ...correction, claim: 'the second moment is not corrected', fault: { correctsSecond: false } };
  yield {
    cause: 'optimizer.betas-swapped',
    claim: `β1 = ${betas[1]} and β2 = ${betas[0]}: swapped`,
    fix: `Use β1 = ${betas[0]} for the first moment, β2 = ${betas[1]} for the second.`,
    to: { betas: [betas[1], betas[0]] },
  };
  for (const other of [step + 1, step - 1, 2 * step]) {
    yield {
      cause: 'optimizer.step-count',
      claim: `the correction counts ${other} steps, it should count ${step}`,
      fix: 'Count each step once, for all parameters together, from 1 on.',
      step: other,
    };
  }
}

/** A mean that is not taken out, or a velocity that is not kept. */
function* ofMeanSquare({ centered, momentum }: OptimizerSettings): Iterable<FaultyStep> {
  const cause = 'optimizer.momentum';
  const claim = `the mean of the gradients is ${centered ? 'not ' : ''}taken from the mean of their squares`;
  yield { cause, claim, fix: centered ? 'Divide by √(v − m²).' : 'Divide by √v alone.', to: { centered: !centered } };
  if (momentum === 0) return;
  yield { cause, claim: 'there is no momentum', fix: `Keep a velocity with μ = ${momentum}.`, to: { momentum: 0 } };
}

function* ofEpsilon({ epsilon }: OptimizerSettings): Iterable<FaultyStep> {
  const cause = 'optimizer.epsilon';
  for (const other of EPSILONS) {
    if (other === epsilon) continue;
    yield {
      cause,
      claim: `epsilon is ${other}, not ${epsilon}`,
      fix: `Use epsilon ${epsilon}.`,
      to: { epsilon: other },
    };
  }
  const fix = 'Add epsilon to the root of the corrected second moment.';
  yield { cause, claim: 'epsilon is added inside the root', fix, fault: { epsilonAt: 'inside' } };
  yield { cause, claim: 'epsilon is added before the second moment is corrected', fix, fault: { epsilonAt: 'hat' } };
}

function* ofDecay({ kind, decay, learningRate }: OptimizerSettings): Iterable<FaultyStep> {
  if (decay !== 0 && (kind === 'adam' || kind === 'adamw')) {
    const coupled = kind === 'adamw';
    yield {
      cause: 'optimizer.decay-coupled',
      claim: `weight decay is ${coupled ? 'added to the gradient (L2), not decoupled' : 'decoupled, not added to the gradient (L2)'}`,
      fix: coupled
        ? 'Subtract lr·decay·w from the parameter, apart from the gradient.'
        : 'Add decay·w to the gradient.',
      to: { kind: coupled ? 'adam' : 'adamw' },
    };
  }
  const scope = { cause: 'optimizer.decay-scope' };
  if (decay !== 0) {
    yield { ...scope, claim: 'the parameter is not decayed', fix: `Decay it by ${decay}.`, to: { decay: 0 } };
    const unscaled = `decay is ${shown(decay / learningRate)} times the learning rate: it is not scaled by it`;
    if (kind === 'adamw')
      yield { ...scope, claim: unscaled, fix: 'Decay by lr·decay·w.', to: { decay: decay / learningRate } };
    yield { ...scope, claim: 'the parameter is decayed twice', fix: 'Decay it once.', to: { decay: 2 * decay } };
    return;
  }
  for (const other of [1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 0.1]) {
    const claim = `the parameter is decayed by ${other}, which it should not be`;
    yield { ...scope, claim, fix: 'Leave this parameter (a bias, a norm) out of weight decay.', to: { decay: other } };
  }
}
