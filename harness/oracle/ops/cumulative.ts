import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { axisIn, cotangentOf, given, like, rounding } from './_context.ts';
import { groupsAlong } from './_reduction.ts';

/** CumSum along one axis; `exclusive` leaves the element itself out, `reverse` runs from the end. */
export const cumSum: Operator = {
  op: 'CumSum',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    return [
      like(
        x,
        running(x.data, linesOf(context, inputs), rounding(context, x.dtype), (a, b) => a + b, 0),
      ),
    ];
  },
  // The adjoint of a running sum is the running sum from the other end.
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const { lines, exclusive } = linesOf(context, context.inputs);
    const turned = { lines: lines.map((line) => line.toReversed()), exclusive };
    return [
      cotangentOf(
        x,
        running(dy, turned, context.arithmetic.round, (a, b) => a + b, 0),
      ),
    ];
  },
};

/** CumProd along one axis, with the same options. */
export const cumProd: Operator = {
  op: 'CumProd',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    return [
      like(
        x,
        running(x.data, linesOf(context, inputs), rounding(context, x.dtype), (a, b) => a * b, 1),
      ),
    ];
  },
  // d y_k / d x_i is the product of the factors of y_k but x_i; written out, so that zeros do no harm.
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    const r = context.arithmetic.round;
    const { lines, exclusive } = linesOf(context, context.inputs);
    const dx = new Float64Array(x.data.length);
    for (const line of lines) {
      for (let i = 0; i < line.length; i++) {
        let product = 1;
        for (let j = 0; j < i; j++) product = r(product * x.data[line[j]!]!);
        for (let k = exclusive ? i + 1 : i; k < line.length; k++) {
          const factor = exclusive ? k - 1 : k;
          if (factor > i) product = r(product * x.data[line[factor]!]!);
          dx[line[i]!] = r(dx[line[i]!]! + r(dy[line[k]!]! * product));
        }
      }
    }
    return [cotangentOf(x, dx)];
  },
};

interface Lines {
  /** Offsets of the elements of each line along the axis, in running order. */
  readonly lines: readonly Int32Array[];
  readonly exclusive: boolean;
}

function linesOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): Lines {
  const { shape } = given(context, inputs, 0);
  const axis = axisIn(context, given(context, inputs, 1).data[0]!, shape.length);
  const { outer, inner } = groupsAlong(shape, new Set([axis]), true);
  const steps = intAttribute(context.attributes, 'reverse', 0) ? inner.toReversed() : inner;
  const lines = Array.from(outer, (start) => steps.map((step) => start + step));
  return { lines, exclusive: intAttribute(context.attributes, 'exclusive', 0) !== 0 };
}

function running(
  data: Float64Array,
  { lines, exclusive }: Lines,
  round: (x: number) => number,
  combine: (a: number, b: number) => number,
  neutral: number,
): Float64Array {
  const out = new Float64Array(data.length);
  for (const line of lines) {
    let so = neutral;
    for (const at of line) {
      const next = round(combine(so, data[at]!));
      out[at] = exclusive ? so : next;
      so = next;
    }
  }
  return out;
}
