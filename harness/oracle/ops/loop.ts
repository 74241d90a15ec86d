import type { Graph, ValueInfo } from '../../types/graph.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { scalar, zeros } from '../value.ts';
import { like, refuse } from './_context.ts';

/** Repeats its body: (iteration, condition, carried …) → (condition, carried …, scanned …); what is scanned is stacked along a new first axis. */
export const loop: Operator = {
  op: 'Loop',
  forward: (context, inputs) => {
    const body = context.attributes.body;
    if (body?.kind !== 'graph') return refuse(context, 'it has no body', 'Give the body.');
    const trips = inputs[0]?.data[0] ?? Number.POSITIVE_INFINITY;
    let going = (inputs[1]?.data[0] ?? 1) !== 0;
    let carried = inputs.slice(2) as Value[];
    const count = carried.length;
    const scanned: Value[][] = body.value.outputs.slice(1 + count).map(() => []);
    for (let i = 0; i < trips && going; i++) {
      const [condition, ...rest] = results(
        body.value,
        context.run(body.value, feeds(body.value, [scalar('int64', i), scalar('bool', 1), ...carried])),
      );
      going = condition!.data[0] !== 0;
      carried = rest.slice(0, count);
      for (const [k, list] of scanned.entries()) list.push(rest[count + k]!);
    }
    return [...carried, ...scanned.map((list, k) => stacked(context, list, body.value.outputs[1 + count + k]!))];
  },
};

/** Values by the names of a body's inputs, in order. */
export function feeds(body: Graph, values: readonly Value[]): ReadonlyMap<string, Value> {
  return new Map(body.inputs.map(({ name }, i) => [name, values[i]!]));
}

/** A body's outputs in order: one tensor may stand for several. */
export function results(body: Graph, values: ReadonlyMap<string, Value>): Value[] {
  return body.outputs.map(({ name }) => values.get(name)!);
}

/** Joins equal shapes along a new first axis; without an iteration it is what the body declares, none times. */
function stacked(context: OperatorContext, list: readonly Value[], declared: ValueInfo): Value {
  const first = list[0];
  if (first) {
    const data = new Float64Array(list.length * first.data.length);
    for (const [i, value] of list.entries()) data.set(value.data, i * first.data.length);
    return like(first, data, [list.length, ...first.shape]);
  }
  const { dtype, shape } = declared;
  if (dtype && shape?.every((d) => typeof d === 'number')) return zeros(dtype, [0, ...(shape as number[])]);
  return refuse(context, `the shape of ${declared.name} over no iterations is unknown`, 'Declare it in the body.');
}
