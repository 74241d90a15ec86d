import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { ForwardContext } from '../types/rule.ts';
import { groupsOf, type Norm, type Parameter } from './_norm.ts';

/** How the subject scaled one group: 1 / deviation as it must have had it, and what the right variance is. */
export interface GroupFit {
  readonly inverse: number;
  readonly variance: number;
  /** Mean square of the elements, about 0. */
  readonly square: number;
  /** By how much the inverse may be off. */
  readonly noise: number;
  readonly size: number;
}

/**
 * Solves subject = scale · (x − mean) · inverse + bias for the inverse of each group, by least squares.
 * Null where the affine parameters are not known or a group tells nothing.
 */
export function inverses(context: ForwardContext, norm: Norm): readonly GroupFit[] | null {
  const { subject, allowed } = context;
  const x = context.inputs[0];
  if (x === undefined || x.data.length !== subject.data.length || x.data.length === 0) return null;
  const { of, count } = groupsOf(norm);
  const scale = spread(context, norm, norm.scale, 1);
  const bias = spread(context, norm, norm.bias, 0);
  const statistics = statisticsOf(context, norm, x, of, count);
  if (scale === null || bias === null || statistics === null) return null;
  const { means, variances, squares } = statistics;
  const [dot, length, sizes] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  for (let i = 0; i < x.data.length; i++) {
    const g = of[i] as number;
    const along = (scale[i] as number) * ((x.data[i] as number) - (means[g] as number));
    dot[g] = (dot[g] as number) + along * ((subject.data[i] as number) - (bias[i] as number));
    length[g] = (length[g] as number) + along * along;
    sizes[g] = (sizes[g] as number) + 1;
  }
  return Array.from({ length: count }, (_, g) => ({
    inverse: (dot[g] as number) / (length[g] as number),
    variance: variances[g] as number,
    square: squares[g] as number,
    noise: Math.max(allowed, Number.MIN_VALUE) / Math.sqrt(length[g] as number),
    size: sizes[g] as number,
  }));
}

/** Mean and variance of each group: the running ones where the norm uses them. */
function statisticsOf(context: ForwardContext, norm: Norm, { data }: Value, of: Int32Array, count: number) {
  const [means, variances, squares] = [new Float64Array(count), new Float64Array(count), new Float64Array(count)];
  const size = data.length / count;
  for (let i = 0; i < data.length; i++)
    means[of[i] as number] = (means[of[i] as number] as number) + (data[i] as number) / size;
  if (!norm.centred) means.fill(0);
  for (let i = 0; i < data.length; i++) {
    const g = of[i] as number;
    variances[g] = (variances[g] as number) + ((data[i] as number) - (means[g] as number)) ** 2 / size;
    squares[g] = (squares[g] as number) + (data[i] as number) ** 2 / size;
  }
  if (norm.running === null) return { means, variances, squares };
  const mean = context.value(norm.running.mean.name);
  const variance = context.value(norm.running.variance.name);
  if (mean === null || variance === null) return null;
  return { means: mean.data, variances: variance.data, squares };
}

/** A parameter at each element of x; `otherwise` where the norm has none. */
function spread(
  context: ForwardContext,
  norm: Norm,
  parameter: Parameter | null,
  otherwise: number,
): Float64Array | null {
  const size = sizeOf(norm.shape);
  if (parameter === null) return new Float64Array(size).fill(otherwise);
  const slot = context.node.inputs.indexOf(parameter.name);
  const value = context.inputs[slot];
  if (value === undefined) return null;
  const to = norm.inView ? norm.view : norm.shape;
  const shape = { dtype: 'int64' as const, shape: [to.length], data: Float64Array.from(to) };
  const laid = context.run('Expand', [{ ...value, shape: parameter.shape }, shape]);
  return laid?.[0]?.data ?? null;
}
