import { sizeOf } from '../shape.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { axesOf, partOfNorm, smallOf, type NormRole } from './_norm-written.ts';
import { near, shown } from './_numbers.ts';
import { axisSets, patch } from './_patch.ts';

/** The parts of a norm that is written out in primitive operators, each recorded by itself or not. */
export const normWritten: Rule = {
  id: 'norm-written',
  ops: ['ReduceMean', 'Sub', 'Add', 'Sqrt', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const part = partOfNorm(context);
    if (part !== null) yield* PARTS[part.role]?.(context) ?? [];
  },
};

type Proposals = (context: ForwardContext) => Iterable<ForwardHypothesis>;

const PARTS: Partial<Record<NormRole, Proposals>> = {
  mean: (context) => otherAxes(context, 'mean'),
  variance: function* (context) {
    yield* unbiased(context);
    yield* otherAxes(context, 'variance');
  },
  centre: (context) =>
    leftOut(context, 0, 'norm.mean-not-subtracted', 'the mean is not subtracted', 'Subtract the mean.'),
  epsilon: solved,
  root: function* (context) {
    const claim = 'the root is left out: what follows divides by the variance';
    yield* leftOut(context, 0, 'norm.variance-as-deviation', claim, 'Take the root of the variance.');
    yield* outside(context);
  },
  scale: (context) => withoutParameter(context, 'scale', 'Multiply by'),
  shift: (context) => withoutParameter(context, 'shift', 'Add'),
};

function* leftOut(
  context: ForwardContext,
  slot: number,
  cause: string,
  claim: string,
  fix: string,
): Iterable<ForwardHypothesis> {
  const p = patch(context);
  yield { cause, claim, fix, specificity: 3, edit: p.edit(context.node.inputs[slot] as string) };
}

function* withoutParameter(context: ForwardContext, which: string, verb: string): Iterable<ForwardHypothesis> {
  const { node, wiring } = context;
  const part = partOfNorm(context)?.norm;
  const before = which === 'shift' && part?.scale ? part.scale : part?.divide;
  const slot = node.inputs.findIndex((name) => wiring.producer.get(name) === before);
  const name = node.inputs[1 - slot] as string;
  const claim = `the ${which} "${name}" is left out`;
  yield* leftOut(context, slot, 'norm.affine-missing', claim, `${verb} the ${which} "${name}".`);
}

function* unbiased(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, inputs, outputs } = context;
  const count = sizeOf(inputs[0]?.shape ?? []) / Math.max(1, sizeOf(outputs[0]?.shape ?? []));
  if (count < 2) return;
  const p = patch(context);
  const mean = p.emit('ReduceMean', node.inputs, node.attributes);
  yield {
    cause: 'norm.variance-unbiased',
    claim: `the variance is divided by n − 1 = ${count - 1}, not by n = ${count}`,
    fix: `Divide the sum of squared deviations by n (${count}).`,
    specificity: 3,
    edit: p.edit(p.emit('Mul', [mean, p.scalar(count / (count - 1))])),
  };
}

function* otherAxes(context: ForwardContext, which: string): Iterable<ForwardHypothesis> {
  const { node, inputs } = context;
  const rank = inputs[0]?.shape.length ?? 0;
  const right = axesOf(context, node, rank);
  if (right === null) return;
  for (const axes of axisSets(rank)) {
    if (axes.join() === [...right].sort().join()) continue;
    const p = patch(context);
    yield {
      cause: 'norm.axis',
      claim: `the ${which} is taken over axes ${axes.join(', ')}, not over ${right.join(', ')}`,
      fix: `Take the ${which} over axes ${right.join(', ')}.`,
      specificity: 3,
      edit: p.edit(p.reduce('ReduceMean', node.inputs[0] as string, axes)),
    };
  }
}

/** variance + ε, ε read off: the sum less the variance, averaged; the usual ones where the sum is not recorded. */
function* solved(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { node, inputs, subject, direct } = context;
  const small = smallOf(context, node);
  const slot = inputs.findIndex((value) => value !== undefined && value.data.length > 1);
  const variance = inputs[slot];
  if (small === null || variance === undefined) return;
  const errors = direct ? Array.from(subject.data, (x, i) => x - (variance.data[i] as number)) : [];
  const read = Number((errors.reduce((a, b) => a + b, 0) / errors.length).toPrecision(3));
  for (const epsilon of direct ? [read] : USUAL_EPSILONS) {
    if (near(epsilon, small)) continue;
    const p = patch(context);
    yield {
      cause: 'norm.epsilon',
      claim: `epsilon is ${shown(epsilon)}, the model says ${shown(small)}`,
      fix: `Set epsilon to ${shown(small)}.`,
      specificity: 3,
      edit: p.edit(p.emit('Add', [node.inputs[slot] as string, p.scalar(epsilon)])),
    };
  }
}

/** Tried where the sum itself is not recorded. */
const USUAL_EPSILONS = [0, 1e-12, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

/** √v + ε for √(v + ε). */
function* outside(context: ForwardContext): Iterable<ForwardHypothesis> {
  const epsilon = partOfNorm(context)?.norm.epsilon;
  const small = epsilon == null ? null : smallOf(context, epsilon);
  if (small === null || small === 0) return;
  const p = patch(context);
  const variance = p.emit('Sub', [context.node.inputs[0] as string, p.scalar(small)]);
  yield {
    cause: 'norm.epsilon-outside-root',
    claim: `√variance + ${shown(small)} is taken: epsilon is added outside the root`,
    fix: 'Add epsilon to the variance, before the root.',
    specificity: 3,
    edit: p.edit(p.emit('Add', [p.emit('Sqrt', [variance]), p.scalar(small)])),
  };
}
