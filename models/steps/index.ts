import { type Adam, adam, type Sgd, sgd } from '../layers/optimizers.ts';
import type { Held, Optimizer } from './step.ts';

export { type Optimizer, stepping } from './step.ts';

const SGD: Sgd = { learningRate: 0.05, momentum: 0.9, nesterov: false, dampening: 0, decay: 0 };
const ADAM: Adam = { learningRate: 0.003, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0, decoupled: false };
const ADAMW: Adam = { ...ADAM, decay: 0.05, decoupled: true };

/** What the trace says, and what is done: the same in a right optimiser. */
const momentum = (done: Sgd = SGD): Optimizer => ({
  declared: { algorithm: 'sgd', learningRate: SGD.learningRate, momentum: SGD.momentum, states: 'before' },
  slots: ['momentum_buffer'],
  step: ({ w, gradient, state }, step) => sgd(w, state['momentum_buffer']!, gradient, done, step, w.length),
});

const adamStep = ({ w, gradient, state }: Held, done: Adam, step: number): void =>
  adam(w, state['exp_avg']!, state['exp_avg_sq']!, gradient, done, step, w.length);

function moments(said: Adam, doing: Optimizer['step'] = (held, step) => adamStep(held, said, step)): Optimizer {
  const { learningRate, beta1, beta2, epsilon, decay, decoupled } = said;
  const algorithm = decoupled ? 'adamw' : 'adam';
  return {
    declared: { algorithm, learningRate, beta1, beta2, epsilon, weightDecay: decay, states: 'before' },
    slots: ['exp_avg', 'exp_avg_sq'],
    step: doing,
  };
}

/** Adam, but for some settings. */
const adamWith = (done: Partial<Adam>, said = ADAM): Optimizer =>
  moments(said, (held, step) => adamStep(held, { ...said, ...done }, step));

/** AdamW that says of biases that they are not decayed. */
function scoped(done: (name: string) => number): Optimizer {
  const right = moments(ADAMW, (held, step) => adamStep(held, { ...ADAMW, decay: done(held.name) }, step));
  return { ...right, declared: { ...right.declared, groups: [{ parameters: ['*.bias'], weightDecay: 0 }] } };
}

/** Hand-written optimisers without a bug. */
export const optimizers: Readonly<Record<string, Optimizer>> = {
  momentum: momentum(),
  adam: moments(ADAM),
  adamw: moments(ADAMW),
  'adamw but for biases': scoped((name) => (name.endsWith('.bias') ? 0 : ADAMW.decay)),
};

/** An optimiser with one bug. */
export interface StepMutant {
  readonly id: string;
  readonly cause: string;
  readonly optimizer: Optimizer;
  /** The parameters whose updates are wrong; all where left out. */
  readonly wrong?: (name: string) => boolean;
}

const isBias = (name: string): boolean => name.endsWith('.bias');

export const stepMutants: readonly StepMutant[] = [
  { id: 'ascends', cause: 'optimizer.sign', optimizer: momentum({ ...SGD, learningRate: -SGD.learningRate }) },
  { id: 'nesterov', cause: 'optimizer.momentum', optimizer: momentum({ ...SGD, nesterov: true }) },
  { id: 'dampened', cause: 'optimizer.momentum', optimizer: momentum({ ...SGD, dampening: 0.9 }) },
  { id: 'warm-up-one-off', cause: 'optimizer.learning-rate', optimizer: adamWith({ learningRate: 0.002 }) },
  {
    id: 'moments-not-corrected',
    cause: 'optimizer.bias-correction',
    // So far along that nothing is left to correct.
    optimizer: moments(ADAM, (held) => adamStep(held, ADAM, 1e9)),
  },
  { id: 'betas-swapped', cause: 'optimizer.betas-swapped', optimizer: adamWith({ beta1: 0.999, beta2: 0.9 }) },
  {
    id: 'counts-one-more',
    cause: 'optimizer.step-count',
    optimizer: moments(ADAM, (held, step) => adamStep(held, ADAM, step + 1)),
  },
  { id: 'epsilon', cause: 'optimizer.epsilon', optimizer: adamWith({ epsilon: 1e-4 }) },
  {
    id: 'epsilon-inside',
    cause: 'optimizer.epsilon',
    optimizer: moments({ ...ADAM, epsilon: 1e-5 }, ({ w, gradient, state }, step) => {
      const [m, v] = [state['exp_avg']!, state['exp_avg_sq']!];
      gradient.forEach((g, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * g;
        v[i] = 0.999 * v[i]! + 0.001 * g * g;
        w[i]! -= (0.003 * m[i]!) / (1 - 0.9 ** step) / Math.sqrt(v[i]! / (1 - 0.999 ** step) + 1e-5);
      });
    }),
  },
  { id: 'decay-as-l2', cause: 'optimizer.decay-coupled', optimizer: adamWith({ decoupled: false }, ADAMW) },
  { id: 'biases-decayed', cause: 'optimizer.decay-scope', optimizer: scoped(() => ADAMW.decay), wrong: isBias },
  {
    id: 'state-of-the-last',
    cause: 'optimizer.state-shared',
    optimizer: moments(ADAM, (held, step, others) => {
      const like = others.find(({ w }) => w.length === held.w.length);
      adamStep(held.name === 'stem.bias' && step === 3 && like ? { ...held, state: like.state } : held, ADAM, step);
    }),
    wrong: (name) => name === 'stem.bias',
  },
  {
    id: 'state-made-anew',
    cause: 'optimizer.state-shared',
    optimizer: moments(ADAM, (held, step) => {
      const anew = Object.fromEntries(Object.entries(held.state).map(([slot, s]) => [slot, s.map(() => 0)]));
      adamStep(step === 3 ? { ...held, state: anew } : held, ADAM, step);
    }),
  },
  {
    id: 'biases-left-out',
    cause: 'optimizer.parameter-frozen',
    optimizer: moments(ADAM, (held, step) => (isBias(held.name) ? undefined : adamStep(held, ADAM, step))),
    wrong: isBias,
  },
];
