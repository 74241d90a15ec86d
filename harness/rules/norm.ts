import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type Norm, type NormFault, NORMS, normOf, writeNorm } from './_norm.ts';
import { writtenNormOf } from './_norm-written.ts';
import { type Patch, patch } from './_patch.ts';

/** What one formula of a norm does otherwise: variance, root, mean, scale, shift, statistics. */
export const norm: Rule = {
  id: 'norm',
  ops: [...NORMS, 'Div', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = normOf(context) ?? writtenNormOf(context);
    if (found === null) return;
    for (const variant of [...ofVariance(found), ...ofMean(found), ...ofAffine(found), ...ofStatistics(found)]) {
      const p = patch(context);
      const { to, fault, cause, claim, fix, neutral } = variant;
      const edit =
        neutral === undefined || !NORMS.includes(context.node.op)
          ? p.edit(writeNorm(p, { ...found, ...to }, fault))
          : p.keep(neutralised(p, context, neutral));
      yield { cause, claim, fix, specificity: 3, edit };
    }
  },
};

interface Variant {
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
  readonly to?: Partial<Norm>;
  readonly fault?: NormFault;
  /** Parameters that are left out, and the number that does nothing in their place. */
  readonly neutral?: ReadonlyMap<string, number>;
}

/** Each such parameter times 0, plus that number: the node stays what it is. */
function neutralised(p: Patch, { node }: ForwardContext, neutral: ReadonlyMap<string, number>) {
  const slots: Record<number, string> = {};
  for (const [name, number] of neutral) {
    const nothing = p.emit('Mul', [name, p.scalar(0)]);
    slots[node.inputs.indexOf(name)] = number === 0 ? nothing : p.emit('Add', [nothing, p.scalar(number)]);
  }
  return slots;
}

function* ofVariance({ epsilon, running, axes, view }: Norm): Iterable<Variant> {
  yield {
    cause: 'norm.epsilon-outside-root',
    claim: `divides by √variance + ${epsilon}: epsilon is added outside the root`,
    fix: 'Add epsilon to the variance, before the root: √(variance + ε).',
    fault: { root: 'outside' },
  };
  const deviation = { cause: 'norm.variance-as-deviation', fix: 'Divide by √(variance + ε), not by the variance.' };
  yield { ...deviation, claim: 'divides by variance + ε, without the root', fault: { root: 'variance' } };
  yield {
    ...deviation,
    claim: 'divides by the variance, without the root',
    fault: { root: 'variance' },
    to: { epsilon: 0 },
  };
  const count = axes.reduce((product, axis) => product * (view[axis] as number), 1);
  if (running === null && count > 1) {
    yield {
      cause: 'norm.variance-unbiased',
      claim: `the variance is divided by n − 1 = ${count - 1}, not by n = ${count}`,
      fix: `Divide the sum of squared deviations by n (${count}): norms use the biased variance.`,
      fault: { unbiased: true },
    };
  }
}

function* ofMean({ running, centred }: Norm): Iterable<Variant> {
  const cause = 'norm.mean-not-subtracted';
  if (!centred) {
    const fix = 'Do not subtract the mean: this is a root mean square norm.';
    yield {
      cause,
      claim: 'the mean is subtracted: layer norm instead of root mean square norm',
      fix,
      to: { centred: true },
    };
    return;
  }
  const fix = 'Subtract the mean before squaring and before dividing.';
  yield { cause, claim: 'the mean is not subtracted from what is divided', fix, fault: { keepsMean: true } };
  if (running !== null) return;
  const claim = 'the mean is not subtracted at all: root mean square norm';
  yield { cause, claim, fix, to: { centred: false } };
}

function* ofAffine({ scale, bias }: Norm): Iterable<Variant> {
  const cause = 'norm.affine-missing';
  if (scale !== null) {
    const fix = `Multiply by the scale "${scale.name}".`;
    yield {
      cause,
      claim: `the scale "${scale.name}" is left out`,
      fix,
      to: { scale: null },
      neutral: new Map([[scale.name, 1]]),
    };
  }
  if (bias !== null) {
    const fix = `Add the shift "${bias.name}".`;
    yield {
      cause,
      claim: `the shift "${bias.name}" is left out`,
      fix,
      to: { bias: null },
      neutral: new Map([[bias.name, 0]]),
    };
  }
  if (scale === null || bias === null) return;
  const both = `scale "${scale.name}" and shift "${bias.name}"`;
  const neutral = new Map([
    [scale.name, 1],
    [bias.name, 0],
  ]);
  yield { cause, claim: `${both} are both left out`, fix: `Apply ${both}.`, to: { scale: null, bias: null }, neutral };
  yield {
    cause: 'norm.affine-swapped',
    claim: `${both} are swapped`,
    fix: `Multiply by "${scale.name}" and add "${bias.name}".`,
    to: {
      scale: { ...scale, name: bias.name, own: bias.own },
      bias: { ...bias, name: scale.name, own: scale.own },
    },
  };
}

function* ofStatistics(found: Norm): Iterable<Variant> {
  const { running } = found;
  if (running === null) return;
  const fix = 'Use the running mean and variance in evaluation.';
  const cause = 'norm.statistics';
  yield {
    cause,
    claim: "the batch's own mean and variance are used, not the running ones",
    fix,
    to: { running: null },
  };
  yield {
    cause,
    claim: "the batch's own mean and variance (divided by n − 1) are used, not the running ones",
    fix,
    to: { running: null },
    fault: { unbiased: true },
  };
  const { mean, variance } = running;
  yield {
    cause: 'norm.affine-swapped',
    claim: `running mean "${mean.name}" and variance "${variance.name}" are swapped`,
    fix: `Subtract "${mean.name}" and divide by the root of "${variance.name}".`,
    to: { running: { mean: variance, variance: mean } },
  };
}
