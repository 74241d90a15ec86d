import { stringAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { given, like, rounding } from './_context.ts';
import { binary } from './_elementwise.ts';

const noDerivative = 'it works on integers';
/** JavaScript's bit operators see 32 bits; BigInt sees all of a 64-bit integer, sign included. */
const bits = (op: string, f: (a: bigint, b: bigint) => bigint): Operator =>
  binary({ op, noDerivative, f: (a, b) => Number(f(BigInt(a), BigInt(b))) });

const WIDTH: Partial<Record<DataType, number>> = { uint8: 8, uint16: 16, uint32: 32, uint64: 64 };

/** BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, BitShift. */
export const bitwise: readonly Operator[] = [
  bits('BitwiseAnd', (a, b) => a & b),
  bits('BitwiseOr', (a, b) => a | b),
  bits('BitwiseXor', (a, b) => a ^ b),
  {
    op: 'BitwiseNot',
    noDerivative,
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const last = rounding(context, x.dtype);
      return [
        like(
          x,
          x.data.map((element) => last(-element - 1)),
        ),
      ];
    },
  },
  binary({
    op: 'BitShift',
    noDerivative,
    f: (a, b, _r, dtype, attributes) => {
      if (stringAttribute(attributes, 'direction', '') === 'RIGHT') return Number(BigInt(a) >> BigInt(b));
      return Number(BigInt.asUintN(WIDTH[dtype] ?? 64, BigInt(a) << BigInt(b)));
    },
  }),
];
