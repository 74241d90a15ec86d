import { intAttribute } from '../../attributes.ts';
import { isFloat } from '../../tensor.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { cotangentOf, given, refuse, rounding } from './_context.ts';
import { typeOf } from './_types.ts';

/** Cast and CastLike. To a float nothing is rounded here (N32 rounds what it stores); to an integer the fraction is cut off. */
export const casts: readonly Operator[] = [
  {
    op: 'Cast',
    forward: (context, inputs) => [
      cast(context, given(context, inputs, 0), typeOf(context, intAttribute(context.attributes, 'to', 0))),
    ],
    vjp: passed,
  },
  {
    op: 'CastLike',
    forward: (context, inputs) => [cast(context, given(context, inputs, 0), given(context, inputs, 1).dtype)],
    vjp: passed,
  },
];

const LARGEST: Partial<Record<DataType, number>> = {
  float16: 65520,
  float32: 3.4028235677973366e38,
  bfloat16: 3.3961775292304e38,
};

function cast(context: OperatorContext, x: Value, dtype: DataType): Value {
  if (x.dtype === dtype) return x;
  if (x.strings || dtype === 'string') {
    return refuse(context, 'strings are not converted', 'Cast between numeric types.');
  }
  return { dtype, shape: x.shape, data: x.data.map(conversion(context, dtype)) };
}

function conversion(context: OperatorContext, dtype: DataType): (x: number) => number {
  if (dtype === 'bool') return (x) => Number(x !== 0);
  if (!isFloat(dtype)) return rounding(context, dtype);
  const largest = LARGEST[dtype] ?? Number.POSITIVE_INFINITY;
  return (x) => (Math.abs(x) >= largest ? Math.sign(x) * Number.POSITIVE_INFINITY : x);
}

/** A float's cotangent passes a cast to another float; a cast from or to an integer stops it. */
function passed(context: VjpContext) {
  const dy = context.cotangents[0];
  const x = given(context, context.inputs, 0);
  return dy && isFloat(dy.dtype) && context.needs[0] ? [cotangentOf(x, dy.data)] : [];
}
