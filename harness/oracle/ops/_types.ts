import type { OperatorContext } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { refuse } from './_context.ts';

/** TensorProto.DataType by its number in onnx.proto. */
const TYPES: Readonly<Record<number, DataType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
};

/** The type that an attribute (`to`, `dtype`) means. Throws E_UNSUPPORTED for complex and 8- or 4-bit floats. */
export function typeOf(context: OperatorContext, code: number): DataType {
  return (
    TYPES[code] ??
    refuse(context, `element type ${code} is not implemented`, `Types: ${Object.values(TYPES).join(', ')}.`)
  );
}
