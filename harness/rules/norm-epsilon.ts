import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { shown } from './_numbers.ts';
import { type Norm, NORMS, normOf, writeNorm } from './_norm.ts';
import { type GroupFit, inverses } from './_norm-fit.ts';
import { writtenNormOf } from './_norm-written.ts';
import { patch } from './_patch.ts';

/** Epsilons in use: tried where the number cannot be read off (a norm inside a fused layer). */
const USUAL = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-12, 0];

type Place = 'inside' | 'outside';

/** Another epsilon, inside the root or outside: solved from how each group is scaled. */
export const normEpsilon: Rule = {
  id: 'norm-epsilon',
  ops: [...NORMS, 'Div', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = normOf(context) ?? writtenNormOf(context);
    if (found === null) return;
    const fits = context.direct ? inverses(context, found) : null;
    for (const root of ['inside', 'outside'] as const) {
      const solved = fits === null ? null : solve(fits, root);
      const tried = solved === null ? USUAL : [nice(solved), solved];
      for (const epsilon of tried) {
        // Outside the root with the model's own epsilon is the rule of formulas'.
        if (!(epsilon >= 0) || same(epsilon, found.epsilon)) continue;
        yield hypothesis(context, found, epsilon, root, epsilon === solved && epsilon !== nice(solved));
      }
    }
  },
};

function hypothesis(
  context: ForwardContext,
  found: Norm,
  epsilon: number,
  root: Place,
  odd: boolean,
): ForwardHypothesis {
  const p = patch(context);
  const outside = root === 'outside';
  const keeps = !outside && NORMS.includes(context.node.op);
  const written = () => p.edit(writeNorm(p, { ...found, epsilon }, { root }));
  return {
    cause: outside ? 'norm.epsilon-outside-root' : 'norm.epsilon',
    claim: `epsilon is ${shown(epsilon)}${outside ? ', added outside the root' : ''}; the model says ${shown(found.epsilon)}`,
    fix: `Set epsilon to ${shown(found.epsilon)}${outside ? ' and add it to the variance, before the root' : ''}.`,
    // A number that nobody would choose fits what scales all groups alike.
    specificity: odd || (outside && !same(epsilon, found.epsilon)) ? 2 : 3,
    edit: keeps ? context.same({ attributes: { epsilon: { kind: 'float', value: epsilon } } }) : written(),
  };
}

/** The epsilon that the groups agree on, each weighed by how well it tells. */
function solve(fits: readonly GroupFit[], root: Place): number | null {
  let [sum, weights] = [0, 0];
  for (const { inverse, variance, noise } of fits) {
    if (!(inverse > 0)) continue;
    const epsilon = root === 'inside' ? 1 / inverse ** 2 - variance : 1 / inverse - Math.sqrt(variance);
    // d ε / ε₀: the error of the inverse, carried over.
    const spread = root === 'inside' ? (2 * noise) / inverse ** 3 : noise / inverse ** 2;
    const weight = 1 / Math.max(spread, Number.MIN_VALUE) ** 2;
    if (!Number.isFinite(weight)) continue;
    sum += weight * epsilon;
    weights += weight;
  }
  return weights > 0 ? sum / weights : null;
}

/** The nearest of 1, 2 and 5 times a power of ten (in ratio); 0 for what is not positive. */
function nice(epsilon: number): number {
  if (!(epsilon > 1e-16)) return 0;
  const power = Math.floor(Math.log10(epsilon));
  const near = [-1, 0, 1].flatMap((step) => [1, 2, 5].map((digit) => Number(`${digit}e${power + step}`)));
  const distance = (x: number): number => Math.abs(Math.log(x / epsilon));
  return near.reduce((best, x) => (distance(x) < distance(best) ? x : best));
}

const same = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-6 * Math.abs(b);
