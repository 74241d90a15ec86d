import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { given, like } from './_context.ts';
import { summedTo } from './_elementwise.ts';
import { taken } from './_indexed.ts';
import { broadcastAll, broadcastOffsets } from './_strided.ts';

/** Max and Min of any number of broadcast inputs. Inputs that tie share the cotangent equally. */
export const extrema: readonly Operator[] = [extremum('Max', Math.max), extremum('Min', Math.min)];

function extremum(op: string, better: (a: number, b: number) => number): Operator {
  return {
    op,
    forward: (context, inputs) => {
      const { values, shape } = spread(context, inputs);
      const [first, ...rest] = values as [Value, ...Value[]];
      return [
        like(
          first,
          rest.reduce((best, { data }) => best.map((b, i) => better(b, data[i]!)), first.data),
          shape,
        ),
      ];
    },
    vjp: (context) => routed(context),
  };
}

/** Each input gets cotangent / number of inputs that equal the extremum; within noise of it, more or less of that is honest. */
function routed(context: VjpContext) {
  const dy = context.cotangents[0];
  if (!dy) return [];
  const { values } = spread(context, context.inputs);
  const best = given(context, context.outputs, 0).data;
  const noise = Math.max(0, ...context.noise);
  const near = Float64Array.from(best, (b, i) => values.filter((v) => Math.abs(v.data[i]! - b) <= 2 * noise).length);
  const ties = Float64Array.from(best, (b, i) => values.filter((v) => v.data[i] === b).length);
  return context.inputs.map((_, k) => {
    const { data } = values[k]!;
    const input = given(context, context.inputs, k);
    const each = dy.data.map((d, i) => (data[i] === best[i] ? context.arithmetic.round(d / ties[i]!) : 0));
    const slack = dy.data.map((d, i) => (near[i]! > 1 && Math.abs(data[i]! - best[i]!) <= 2 * noise ? Math.abs(d) : 0));
    return summedTo(input, each, broadcastOffsets(input.shape, dy.shape), context.arithmetic.round, slack);
  });
}

function spread(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const values = inputs.map((_, i) => given(context, inputs, i));
  const shape = broadcastAll(
    context,
    values.map((v) => v.shape),
  );
  return { shape, values: values.map((v) => taken(v, { shape, offsets: broadcastOffsets(v.shape, shape) })) };
}
