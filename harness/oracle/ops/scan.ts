import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Graph } from '../../types/graph.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn, given, like, refuse } from './_context.ts';
import { feeds, results } from './loop.ts';

/** Runs its body over the slices of its scanned inputs, carrying states; scanned outputs are stacked along their axes. Opset 8 does so for each element of a batch. */
export const scan: Operator = {
  op: 'Scan',
  forward: (context, inputs) => {
    const body = context.attributes.body;
    if (body?.kind !== 'graph') return refuse(context, 'it has no body', 'Give the body.');
    if (context.opset >= 9) {
      return scanned(
        context,
        body.value,
        inputs.map((_, i) => given(context, inputs, i)),
      );
    }
    if (inputs[0]) return refuse(context, 'sequence lengths are not implemented', 'Leave them out, or use opset 9.');
    const values = inputs.slice(1).map((_, i) => given(context, inputs, i + 1));
    const runs = Array.from({ length: values[0]!.shape[0]! }, (_, b) =>
      scanned(
        context,
        body.value,
        values.map((value) => sliceAt(value, 0, b)),
      ),
    );
    return runs[0]!.map((_, k) =>
      stacked(
        runs.map((run) => run[k]!),
        0,
      ),
    );
  },
};

function scanned(context: OperatorContext, body: Graph, values: readonly Value[]): Value[] {
  const count = values.length - intAttribute(context.attributes, 'num_scan_inputs', 1);
  let states = values.slice(0, count);
  const over = values.slice(count).map((value, k) => ({ value, ...directed(context, 'input', k, value.shape.length) }));
  const length = over[0]!.value.shape[over[0]!.axis]!;
  const steps: Value[][] = body.outputs.slice(count).map(() => []);
  for (let t = 0; t < length; t++) {
    const slices = over.map(({ value, axis, backwards }) => sliceAt(value, axis, backwards ? length - 1 - t : t));
    const out = results(body, context.run(body, feeds(body, [...states, ...slices])));
    states = out.slice(0, count);
    for (const [k, list] of steps.entries()) list.push(out[count + k]!);
  }
  return [...states, ...steps.map((list, k) => joined(context, list, k))];
}

/** Opset 8 has `directions` of its inputs only, and axis 0 after the batch. */
function directed(context: OperatorContext, side: 'input' | 'output', k: number, rank: number) {
  const axes = intsAttribute(context.attributes, `scan_${side}_axes`, []);
  const old = side === 'input' ? intsAttribute(context.attributes, 'directions', []) : [];
  const directions = intsAttribute(context.attributes, `scan_${side}_directions`, old);
  return { axis: axisIn(context, axes[k] ?? 0, rank), backwards: directions[k] === 1 };
}

function sliceAt(value: Value, axis: number, t: number): Value {
  const { outer, length, inner } = around(value.shape, axis);
  const data = new Float64Array(outer * inner);
  for (let o = 0; o < outer; o++) {
    data.set(value.data.subarray((o * length + t) * inner, (o * length + t + 1) * inner), o * inner);
  }
  return like(value, data, value.shape.toSpliced(axis, 1));
}

function joined(context: OperatorContext, steps: readonly Value[], k: number): Value {
  const first = steps[0];
  if (!first) return refuse(context, 'a scan over no steps has no output shape', 'Scan over at least one step.');
  const { axis, backwards } = directed(context, 'output', k, first.shape.length + 1);
  return stacked(backwards ? steps.toReversed() : steps, axis);
}

/** Joins equal shapes along a new axis. */
function stacked(values: readonly Value[], axis: number): Value {
  const shape = values[0]!.shape.toSpliced(axis, 0, values.length);
  const { outer, length, inner } = around(shape, axis);
  const data = new Float64Array(sizeOf(shape));
  for (const [t, value] of values.entries()) {
    for (let o = 0; o < outer; o++) {
      data.set(value.data.subarray(o * inner, (o + 1) * inner), (o * length + t) * inner);
    }
  }
  return like(values[0]!, data, shape);
}
