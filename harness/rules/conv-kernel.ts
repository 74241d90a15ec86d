import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { again, draftOf, pick, range, reshape, transpose } from './_draft.ts';

/** A kernel that is laid on the image the wrong way: turned round, or with two of its axes swapped. */
export const convKernel: Rule = {
  id: 'conv-kernel',
  ops: ['Conv', 'ConvTranspose'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const shape = context.inputs[1]?.shape ?? [];
    const spatial = range(shape.length).slice(2);
    const wide = spatial.filter((axis) => (shape[axis] as number) > 1);
    const name = context.node.inputs[1] as string;
    for (const axes of wide.length > 1 ? [wide, ...wide.map((axis) => [axis])] : wide.length === 1 ? [wide] : []) {
      yield {
        cause: 'conv.kernel-flipped',
        claim: flippedClaim(context, name, axes.length === wide.length ? 'every spatial axis' : `axis ${axes[0]}`),
        fix: `Index the kernel "${name}" the other way round along ${axes.length === wide.length ? 'its spatial axes' : `axis ${axes[0]}`}.`,
        specificity: 3,
        edit: flipped(context, axes, shape),
      };
    }
    for (const [i, a] of spatial.entries()) {
      for (const b of spatial.slice(i + 1)) {
        if (Math.max(shape[a] as number, shape[b] as number) === 1) continue;
        const [first, second] = spatial.length === 2 ? ['height', 'width'] : [`axis ${a}`, `axis ${b}`];
        for (const before of shape[a] === shape[b] ? [true] : [true, false]) {
          yield {
            cause: 'conv.kernel-transposed',
            claim: `the kernel "${name}" is used with ${first} and ${second} swapped`,
            fix: `Swap the two kernel indices: "${name}" is [${shape.join(', ')}].`,
            specificity: 3,
            edit: swapped(context, a, b, shape, before),
          };
        }
      }
    }
  },
};

const flippedClaim = ({ node }: ForwardContext, name: string, where: string): string =>
  node.op === 'Conv'
    ? `the kernel "${name}" is flipped along ${where}: a true convolution, where the operator is a cross-correlation`
    : `the kernel "${name}" is flipped along ${where}: a cross-correlation, where the operator spreads each input over the kernel as it is`;

function flipped(context: ForwardContext, axes: readonly number[], shape: readonly number[]): Edit {
  const draft = draftOf(context);
  let name = context.node.inputs[1] as string;
  for (const axis of axes) name = pick(draft, name, axis, range(shape[axis] as number).reverse());
  return draft.done(again(draft, context.node, { 1: name }));
}

/** The kernel's memory read with two axes swapped; where they differ in size it matters which side was swapped. */
function swapped(context: ForwardContext, a: number, b: number, shape: readonly number[], before: boolean): Edit {
  const draft = draftOf(context);
  const name = context.node.inputs[1] as string;
  const perm = range(shape.length).map((axis) => (axis === a ? b : axis === b ? a : axis));
  const sizes = perm.map((axis) => shape[axis] as number);
  const kernel = before
    ? transpose(draft, reshape(draft, name, sizes), perm)
    : reshape(draft, transpose(draft, name, perm), shape);
  return draft.done(again(draft, context.node, { 1: kernel }));
}
