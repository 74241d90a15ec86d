import { floatAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import type { Attribute } from '../types/graph.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { shown } from './_numbers.ts';
import { axisSets } from './_patch.ts';

/** Norms without parameters: over which axes, over how many channels, with which constants. */
export const normOther: Rule = {
  id: 'norm-other',
  ops: ['LRN', 'LpNormalization', 'MeanVarianceNormalization'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const rank = context.inputs[0]?.shape.length ?? 0;
    if (context.node.op === 'LRN') yield* ofLrn(context);
    else if (context.node.op === 'LpNormalization') yield* ofLp(context, rank);
    else yield* ofMeanVariance(context, rank);
  },
};

const told = { cause: 'norm.axis', specificity: 3 as const };
const int = (value: number): Attribute => ({ kind: 'int', value });
const float = (value: number): Attribute => ({ kind: 'float', value });

function* ofLp({ attributes, same }: ForwardContext, rank: number): Iterable<ForwardHypothesis> {
  const axis = intAttribute(attributes, 'axis', -1);
  const right = axis < 0 ? axis + rank : axis;
  for (let other = 0; other < rank; other++) {
    if (other === right) continue;
    const claim = `normalised along axis ${other}, not along axis ${right}`;
    yield {
      ...told,
      claim,
      fix: `Take the norm along axis ${right}.`,
      edit: same({ attributes: { axis: int(other) } }),
    };
  }
  const p = intAttribute(attributes, 'p', 2);
  const claim = `divided by the norm of p = ${3 - p}, not of p = ${p}`;
  const fix = p === 2 ? 'Divide by the root of the sum of squares.' : 'Divide by the sum of magnitudes.';
  yield { ...told, cause: 'norm.variance-as-deviation', claim, fix, edit: same({ attributes: { p: int(3 - p) } }) };
}

function* ofMeanVariance({ attributes, same }: ForwardContext, rank: number): Iterable<ForwardHypothesis> {
  const right = intsAttribute(attributes, 'axes', [0, 2, 3]).map((axis) => (axis < 0 ? axis + rank : axis));
  for (const axes of axisSets(rank)) {
    if (axes.join() === right.join()) continue;
    const claim = `normalised over axes ${axes.join(', ')}, not over ${right.join(', ')}`;
    const fix = `Compute mean and variance over axes ${right.join(', ')}.`;
    yield { ...told, claim, fix, edit: same({ attributes: { axes: { kind: 'ints', value: axes } } }) };
  }
}

/** x / (bias + alpha/size · Σ x²)^beta over `size` channels. */
function* ofLrn({ attributes, same, inputs }: ForwardContext): Iterable<ForwardHypothesis> {
  const size = intAttribute(attributes, 'size', 1);
  const alpha = floatAttribute(attributes, 'alpha', 1e-4);
  const channels = inputs[0]?.shape[1] ?? 1;
  for (let other = 1; other <= Math.min(channels, 2 * size + 1); other++) {
    if (other === size) continue;
    // The same alpha a channel, or the same alpha for the sum.
    for (const [scale, how] of [
      [alpha, ''],
      [(alpha * other) / size, `, still divided by ${size}`],
    ] as const) {
      const claim = `squares of ${other} channels are summed${how}, not of ${size}`;
      const edit = same({ attributes: { size: int(other), alpha: float(scale) } });
      yield { ...told, claim, fix: `Sum over ${size} channels around each.`, edit };
    }
  }
  const constants: readonly [string, number, readonly number[]][] = [
    ['alpha', alpha, [alpha * size, alpha / size, 1e-4, 1e-3, 1, 2e-5]],
    ['bias', floatAttribute(attributes, 'bias', 1), [1, 2, 0, 1e-5]],
    ['beta', floatAttribute(attributes, 'beta', 0.75), [0.75, 0.5, 1]],
  ];
  for (const [name, right, others] of constants) {
    for (const other of others) {
      if (Math.abs(other - right) <= 1e-6 * Math.abs(right)) continue;
      const why = name === 'alpha' && other === alpha * size ? ` (it is not divided by the ${size} channels)` : '';
      const claim = `${name} is ${shown(other)}${why}, the model says ${shown(right)}`;
      const fix = `Use ${name} = ${shown(right)}${name === 'alpha' ? `, divided by the size ${size}` : ''}.`;
      yield { ...told, cause: 'activation.constant', claim, fix, edit: same({ attributes: { [name]: float(other) } }) };
    }
  }
}
