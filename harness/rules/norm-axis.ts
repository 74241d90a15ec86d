import { sizeOf } from '../shape.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';
import { type Norm, NORMS, normOf, sameGroups, writeNorm } from './_norm.ts';
import { writtenNormOf } from './_norm-written.ts';
import { axisSets, patch } from './_patch.ts';

/** Normalised over other elements together: other axes, other groups, groups of strided channels. */
export const normAxis: Rule = {
  id: 'norm-axis',
  ops: [...NORMS, 'Div', 'Mul'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const found = normOf(context) ?? writtenNormOf(context);
    if (found === null || found.running !== null) return;
    const right = named(context, found);
    for (const { view, axes, name } of [...otherGroups(found), ...otherAxes(found)]) {
      if (sameGroups(found, view, axes) || sizeOf(axes.map((axis) => view[axis] as number)) < 2) continue;
      // One scale a group (before opset 21) has no place where the groups are others.
      if (found.inView && view[1] !== found.view[1]) continue;
      const p = patch(context);
      yield {
        cause: 'norm.axis',
        claim: `normalised over ${name}, not over ${right}`,
        fix: `Compute mean and variance over ${right}.`,
        specificity: 3,
        edit: p.edit(writeNorm(p, { ...found, view, axes })),
      };
    }
  },
};

interface Grouping {
  readonly view: Shape;
  readonly axes: readonly number[];
  readonly name: string;
}

function* otherAxes({ shape, inView }: Norm): Iterable<Grouping> {
  if (inView) return;
  for (const axes of axisSets(shape.length)) yield { view: shape, axes, name: spoken(axes) };
}

/** Channels in other groups: another number of them, or dealt out one by one. */
function* otherGroups({ shape, view, axes }: Norm): Iterable<Grouping> {
  const [batch = 1, channels = 1, ...spatial] = shape;
  const positions = sizeOf(spatial);
  if (axes.length !== 1 || axes[0] !== 2 || view.length !== 3) return;
  for (let groups = 1; groups <= channels; groups++) {
    if (channels % groups !== 0) continue;
    const each = channels / groups;
    const name = `${groups} groups of ${each} channels`;
    yield { view: [batch, groups, each * positions], axes: [2], name };
    if (groups === 1 || groups === channels) continue;
    yield {
      view: [batch, each, groups, positions],
      axes: [1, 3],
      name: `${groups} groups of every ${groups}th channel`,
    };
  }
}

const spoken = (axes: readonly number[]): string => `${axes.length === 1 ? 'axis' : 'axes'} ${axes.join(', ')}`;

function named({ node }: ForwardContext, { axes, view, shape }: Norm): string {
  return node.op === 'GroupNormalization'
    ? `${view[1]} groups of ${(shape[1] as number) / (view[1] as number)} neighbouring channels`
    : spoken(axes);
}
