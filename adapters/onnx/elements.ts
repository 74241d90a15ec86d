import { LayerdiffError } from '../../harness/errors.ts';
import type { DataType } from '../../harness/types/tensor.ts';

/** ONNX's numbers for element types, and ours: null where there is no way to hold such a tensor. */
const ELEMENTS: readonly (readonly [number, string, DataType | null])[] = [
  [1, 'float32', 'float32'],
  [2, 'uint8', 'uint8'],
  [3, 'int8', 'int8'],
  [4, 'uint16', 'uint16'],
  [5, 'int16', 'int16'],
  [6, 'int32', 'int32'],
  [7, 'int64', 'int64'],
  [8, 'string', 'string'],
  [9, 'bool', 'bool'],
  [10, 'float16', 'float16'],
  [11, 'float64', 'float64'],
  [12, 'uint32', 'uint32'],
  [13, 'uint64', 'uint64'],
  [14, 'complex64', null],
  [15, 'complex128', null],
  [16, 'bfloat16', 'bfloat16'],
  [17, 'float8e4m3fn', null],
  [18, 'float8e4m3fnuz', null],
  [19, 'float8e5m2', null],
  [20, 'float8e5m2fnuz', null],
  [21, 'uint4', null],
  [22, 'int4', null],
  [23, 'float4e2m1', null],
  [24, 'float8e8m0', null],
  [25, 'uint2', null],
  [26, 'int2', null],
];

const byNumber = new Map(ELEMENTS.map(([number, , dtype]) => [number, dtype]));
const names = new Map(ELEMENTS.map(([number, name]) => [number, name]));
const numbers = new Map(ELEMENTS.flatMap(([number, , dtype]) => (dtype === null ? [] : [[dtype, number] as const])));

/** Our type for ONNX's number; null where the type cannot be held, or is none. */
export const elementType = (number: number): DataType | null => byNumber.get(number) ?? null;

/** ONNX's name of a type, for messages. */
export const elementName = (number: number): string => names.get(number) ?? `element type ${number}`;

/** True where ONNX defines the type. */
export const isElementType = (number: number): boolean => names.has(number);

/** ONNX's number of a type. */
export const elementNumber = (dtype: DataType): number => numbers.get(dtype) as number;

/** The error for a tensor of a type that cannot be held. */
export function unsupportedElement(number: number, tensor: string): LayerdiffError {
  const held = [...numbers.keys()].join(', ');
  return new LayerdiffError(
    'E_UNSUPPORTED',
    tensor,
    `holds elements of type ${elementName(number)}, which cannot be read`,
    `Use one of: ${held}.`,
  );
}
