import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { around, axisIn, given, misfit } from './_context.ts';
import { indexed } from './_indexed.ts';

/** Gather, GatherElements, GatherND. Negative indices count from the end. */
export const gathers: readonly Operator[] = [
  indexed('Gather', (context, inputs) => {
    const [x, indices] = operands(context, inputs);
    const axis = axisIn(context, intAttribute(context.attributes, 'axis', 0), x.shape.length);
    const { outer, length, inner } = around(x.shape, axis);
    const count = indices.data.length;
    const offsets = new Int32Array(outer * count * inner);
    let to = 0;
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < count; k++) {
        const from = (o * length + positionOf(context, indices.data[k]!, length)) * inner;
        for (let i = 0; i < inner; i++) offsets[to++] = from + i;
      }
    }
    return { shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], offsets };
  }),
  indexed('GatherElements', (context, inputs) => {
    const [x, indices] = operands(context, inputs);
    return { shape: indices.shape, offsets: elementOffsets(context, x, indices) };
  }),
  indexed('GatherND', (context, inputs) => {
    const [x, indices] = operands(context, inputs);
    const batch = intAttribute(context.attributes, 'batch_dims', 0);
    const { offsets, slice } = tupleOffsets(context, x, indices, batch);
    const expanded = new Int32Array(offsets.length * slice);
    for (let k = 0; k < offsets.length; k++) {
      for (let i = 0; i < slice; i++) expanded[k * slice + i] = offsets[k]! + i;
    }
    const tuple = indices.shape[indices.shape.length - 1]!;
    return { shape: [...indices.shape.slice(0, -1), ...x.shape.slice(batch + tuple)], offsets: expanded };
  }),
];

/** Where each element of `indices` points in x along `axis`, its other indices being its own: x[i][indices[i][j]] for axis 1. Shared with ScatterElements. */
export function elementOffsets(context: OperatorContext, x: Value, indices: Value): Int32Array {
  const axis = axisIn(context, intAttribute(context.attributes, 'axis', 0), x.shape.length);
  const offsets = new Int32Array(indices.data.length);
  const index = x.shape.map(() => 0);
  for (let k = 0; k < offsets.length; k++) {
    let at = 0;
    for (let d = 0; d < x.shape.length; d++) {
      const i = d === axis ? positionOf(context, indices.data[k]!, x.shape[d]!) : index[d]!;
      at = at * x.shape[d]! + i;
    }
    offsets[k] = at;
    for (let d = index.length - 1; d >= 0 && ++index[d]! === indices.shape[d]; d--) index[d] = 0;
  }
  return offsets;
}

/** Where the slice that each index tuple (the last axis of `indices`) names begins in x, and how long it is. Shared with ScatterND. */
export function tupleOffsets(context: OperatorContext, x: Value, indices: Value, batch: number) {
  const tuple = indices.shape[indices.shape.length - 1]!;
  const slice = sizeOf(x.shape.slice(batch + tuple));
  const count = indices.data.length / Math.max(1, tuple);
  const perBatch = count / sizeOf(x.shape.slice(0, batch));
  const offsets = Int32Array.from({ length: count }, (_, k) => {
    let at = Math.floor(k / perBatch);
    for (let d = 0; d < tuple; d++) {
      const length = x.shape[batch + d]!;
      at = at * length + positionOf(context, indices.data[k * tuple + d]!, length);
    }
    return at * slice;
  });
  return { offsets, slice };
}

function positionOf(context: OperatorContext, index: number, length: number): number {
  if (-length <= index && index < length) return index < 0 ? index + length : index;
  return misfit(context, `index ${index} is outside an axis of length ${length}`);
}

function operands(context: OperatorContext, inputs: readonly (Value | undefined)[]): readonly [Value, Value] {
  return [given(context, inputs, 0), given(context, inputs, 1)];
}
