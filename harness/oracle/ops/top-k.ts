import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { axisIn, cotangentOf, given, like } from './_context.ts';
import { type Groups, groupsAlong } from './_reduction.ts';

/** The k largest (or smallest) along an axis, in order, and their indices; of equals the one with the lower index first. */
export const topK: Operator = {
  op: 'TopK',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const { chosen, shape, k, into } = select(context, inputs);
    const values = new Float64Array(chosen.length);
    const indices = new Float64Array(chosen.length);
    for (let g = 0; g < chosen.length / Math.max(1, k); g++) {
      for (let i = 0; i < k; i++) {
        const { at, index } = chosen[g * k + i]!;
        const to = into.outer[g]! + into.inner[i]!;
        values[to] = x.data[at]!;
        indices[to] = index;
      }
    }
    return [like(x, values, shape), { dtype: 'int64', shape, data: indices }];
  },
  vjp: (context) => [routed(context)],
};

/** The cotangent goes where the value came from. Where two values are within noise, their places may be exchanged. */
function routed(context: VjpContext) {
  const dy = context.cotangents[0]?.data;
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const { chosen, k, into, from } = select(context, context.inputs);
  const dx = new Float64Array(x.data.length);
  const slack = new Float64Array(x.data.length);
  const reach = 2 * (context.noise[0] ?? 0);
  for (let g = 0; g < into.outer.length; g++) {
    for (let i = 0; i < k; i++) {
      const { at } = chosen[g * k + i]!;
      const d = dy[into.outer[g]! + into.inner[i]!]!;
      dx[at] = d;
      for (const step of from.inner) {
        const other = from.outer[g]! + step;
        if (other === at || !(Math.abs(x.data[other]! - x.data[at]!) <= reach)) continue;
        slack[other] = slack[other]! + Math.abs(d);
        slack[at] = Math.max(slack[at]!, Math.abs(d));
      }
    }
  }
  return cotangentOf(x, dx, slack.some((s) => s > 0) ? slack : null);
}

function select(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const { shape: whole, data } = given(context, inputs, 0);
  const { attributes, opset } = context;
  const axis = axisIn(context, intAttribute(attributes, 'axis', -1), whole.length);
  const k = opset >= 10 ? given(context, inputs, 1).data[0]! : intAttribute(attributes, 'k', 1);
  const sign = intAttribute(attributes, 'largest', 1) ? 1 : -1;
  const from: Groups = groupsAlong(whole, new Set([axis]), true);
  const shape = whole.with(axis, k);
  const into: Groups = groupsAlong(shape, new Set([axis]), true);
  const chosen = Array.from(from.outer).flatMap((start) =>
    Array.from(from.inner, (step, index) => ({ at: start + step, index }))
      .toSorted((a, b) => sign * (data[b.at]! - data[a.at]!) || a.index - b.index)
      .slice(0, k),
  );
  return { chosen, shape, k, into, from };
}
