import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { type GroupFit, inverses } from './_norm-fit.ts';
import { type Norm, NORMS, normOf, writeNorm } from './_norm.ts';
import { writtenNormOf } from './_norm-written.ts';
import { patch } from './_patch.ts';

/** Unit of rounding of float32. */
const UNIT = 2 ** -24;

/**
 * The variance as E[x²] − E[x]² in float32: what is left is rounding of E[x²], which may be larger than the variance itself.
 * How it is rounded depends on the order of summation, so the variances are read off, and must be off by no more than that.
 */
export const normCancellation: Rule = {
  id: 'norm-cancellation',
  ops: [...NORMS, 'Div', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = normOf(context) ?? writtenNormOf(context);
    if (found === null || found.running !== null || !found.centred || !context.direct) return;
    const fits = inverses(context, found);
    const variances = fits?.map((fit) => 1 / fit.inverse ** 2 - found.epsilon);
    if (fits == null || variances === undefined || !plausible(fits, variances, found)) return;
    const worst = Math.max(...fits.map(({ square, variance }) => square / variance));
    const p = patch(context);
    yield {
      cause: 'norm.cancellation',
      claim: `the variance is computed as E[x²] − E[x]² in float32: E[x²] is up to ${worst.toPrecision(2)} times the variance, and its rounding is what differs`,
      fix: 'Subtract the mean first, then square (two passes), or use Welford’s update.',
      specificity: 2,
      evidence: [`each group's variance is off by no more than the rounding of its E[x²]`],
      edit: p.edit(writeNorm(p, found, { variances })),
    };
  },
};

/** Every variance is off by rounding of the mean square only, and the errors are no common factor or shift: some are up, some down, or one. */
function plausible(fits: readonly GroupFit[], variances: readonly number[], { epsilon }: Norm): boolean {
  const errors = fits.map(({ variance }, g) => (variances[g] as number) - variance);
  const bounded = fits.every(({ square, size, inverse, noise }, g) => {
    const rounding = 2 * Math.sqrt(size + 16) * UNIT * square;
    const own = (8 * noise) / Math.abs(inverse) ** 3;
    return inverse > 0 && Math.abs(errors[g] as number) <= rounding + own;
  });
  // Where E[x²] is no larger than the variance nothing cancels, and the bound says nothing else than that all is well.
  const cancels = fits.some(({ square, variance }) => square > 16 * (variance + epsilon));
  return bounded && cancels;
}
