import { intsAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { numbersOf } from '../value.ts';
import { axisIn, given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { stridedOffsets } from './_strided.ts';

/** x[start:end:step] along each of `axes`, as in numpy. Attributes before opset 10, then inputs. */
export const slice: Operator = indexed('Slice', (context, inputs) => {
  const { shape } = given(context, inputs, 0);
  const { starts, ends, axes, steps } = bounds(context, inputs);
  const strides = stridesOf(shape);
  const out = [...shape];
  let first = 0;
  for (const [i, named] of (axes ?? starts.map((_, k) => k)).entries()) {
    const axis = axisIn(context, named, shape.length);
    const length = shape[axis]!;
    const step = steps?.[i] ?? 1;
    const start = clamped(starts[i]!, length, step);
    const end = clamped(ends[i]!, length, step);
    out[axis] = Math.max(0, Math.ceil((end - start) / step));
    first += start * strides[axis]!;
    strides[axis] = strides[axis]! * step;
  }
  return { shape: out, offsets: stridedOffsets(out, strides, first) };
});

/** A bound counted from the front, inside 0 … length (forwards) or −1 … length − 1 (backwards). */
function clamped(bound: number, length: number, step: number): number {
  const at = bound < 0 ? bound + length : bound;
  return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1);
}

function bounds(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const list = (i: number) => inputs[i] && numbersOf(inputs[i]);
  if (context.opset >= 10) return { starts: list(1) ?? [], ends: list(2) ?? [], axes: list(3), steps: list(4) };
  const { attributes } = context;
  return {
    starts: intsAttribute(attributes, 'starts', []),
    ends: intsAttribute(attributes, 'ends', []),
    axes: intsAttribute(attributes, 'axes', undefined),
    steps: undefined,
  };
}
