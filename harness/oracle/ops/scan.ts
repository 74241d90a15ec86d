import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn, given, like, refuse } from './_context.ts';
import { feeds, results } from './loop.ts';

/** Runs its body over the slices of its scanned inputs, carrying states; scanned outputs are stacked along their axes. Opset 9 and later. */
export const scan: Operator = {
  op: 'Scan',
  forward: (context, inputs) => {
    const body = context.attributes.body;
    if (body?.kind !== 'graph') return refuse(context, 'it has no body', 'Give the body.');
    if (context.opset < 9)
      return refuse(context, 'the batched form of opset 8 is not implemented', 'Export at opset 9 or later.');
    const values = inputs.map((_, i) => given(context, inputs, i));
    const scans = intAttribute(context.attributes, 'num_scan_inputs', 1);
    const count = values.length - scans;
    let states = values.slice(0, count);
    const over = values
      .slice(count)
      .map((value, k) => ({ value, ...directed(context, 'input', k, value.shape.length) }));
    const length = over[0]!.value.shape[over[0]!.axis]!;
    const steps: Value[][] = body.value.outputs.slice(count).map(() => []);
    for (let t = 0; t < length; t++) {
      const slices = over.map(({ value, axis, backwards }) => sliceAt(value, axis, backwards ? length - 1 - t : t));
      const out = results(body.value, context.run(body.value, feeds(body.value, [...states, ...slices])));
      states = out.slice(0, count);
      for (const [k, list] of steps.entries()) list.push(out[count + k]!);
    }
    return [...states, ...steps.map((list, k) => joined(context, list, k))];
  },
};

function directed(context: OperatorContext, side: 'input' | 'output', k: number, rank: number) {
  const axes = intsAttribute(context.attributes, `scan_${side}_axes`, []);
  const directions = intsAttribute(context.attributes, `scan_${side}_directions`, []);
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
  const shape = first.shape.toSpliced(axis, 0, steps.length);
  const { outer, length, inner } = around(shape, axis);
  const data = new Float64Array(sizeOf(shape));
  for (const [t, step] of (backwards ? steps.toReversed() : steps).entries()) {
    for (let o = 0; o < outer; o++) {
      data.set(step.data.subarray(o * inner, (o + 1) * inner), (o * length + t) * inner);
    }
  }
  return like(first, data, shape);
}
