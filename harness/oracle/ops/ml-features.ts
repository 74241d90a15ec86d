import {
  floatAttribute,
  floatsAttribute,
  intAttribute,
  intsAttribute,
  stringAttribute,
  stringsAttribute,
  tensorAttribute,
} from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { fromTensor, stringsOf } from '../value.ts';
import { cotangentOf, given, misfit } from './_context.ts';
import { makeValue, seedOf, wants } from './_kit.ts';

const domain = 'ai.onnx.ml';

/** Columns of x by index: [..., columns] → [..., indices]; a vector counts as one row. */
export const arrayFeatureExtractor: Operator = {
  op: 'ArrayFeatureExtractor',
  domain,
  vjp(context) {
    const { inputs, arithmetic } = context;
    const [x, indices] = [given(context, inputs, 0), given(context, inputs, 1)];
    const dy = seedOf(context, 0);
    if (!dy || !wants(context, 0)) return [];
    const [width, count] = [x.shape.at(-1) ?? 1, indices.data.length];
    const dx = new Float64Array(x.data.length);
    for (const [i, d] of dy.entries()) {
      const from = Math.floor(i / count) * width + indices.data[i % count]!;
      dx[from] = arithmetic.round(dx[from]! + d);
    }
    return [cotangentOf(x, dx)];
  },
  forward(context, inputs) {
    const [x, indices] = [given(context, inputs, 0), given(context, inputs, 1)];
    const width = x.shape.at(-1) ?? 1;
    const picked = Array.from(indices.data);
    if (!picked.every((i) => 0 <= i && i < width)) misfit(context, `indices ${picked.join(', ')} of ${width} columns`);
    const leading = x.shape.length > 1 ? x.shape.slice(0, -1) : [1];
    const shape = [...leading, picked.length];
    const at = (i: number): number => Math.floor(i / picked.length) * width + picked[i % picked.length]!;
    const count = leading.reduce((a, b) => a * b, 1) * picked.length;
    if (x.strings)
      return [
        stringsOf(
          shape,
          Array.from({ length: count }, (_, i) => x.strings![at(i)]!),
        ),
      ];
    return [
      makeValue(
        x.dtype,
        shape,
        Float64Array.from({ length: count }, (_, i) => x.data[at(i)]!),
      ),
    ];
  },
};

/** Every key of a list is replaced by the value at its place; others by a default. */
export const labelEncoder: Operator = {
  op: 'LabelEncoder',
  domain,
  noDerivative: 'it looks up labels',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const [keys, values] = [listOf(context, 'keys'), listOf(context, 'values')];
    if (!keys || !values || keys.entries.length !== values.entries.length) {
      return misfit(context, 'keys and values are missing, or not as many');
    }
    const table = new Map(keys.entries.map((key, i) => [key, values.entries[i]!]));
    const otherwise = defaultOf(context, values.dtype);
    const mapped = Array.from<string | number>(x.strings ?? x.data).map((key) => table.get(key) ?? otherwise);
    if (values.dtype === 'string') return [stringsOf(x.shape, mapped.map(String))];
    return [makeValue(values.dtype, x.shape, Float64Array.from(mapped, Number))];
  },
};

/** The attribute in the one type in which it is given. */
function listOf(
  { attributes }: OperatorContext,
  name: string,
): { dtype: DataType; entries: readonly (string | number)[] } | null {
  const tensor = tensorAttribute(attributes, `${name}_tensor`);
  if (tensor) {
    const value: Value = fromTensor(tensor);
    return { dtype: value.dtype, entries: value.strings ?? Array.from(value.data) };
  }
  const strings = stringsAttribute(attributes, `${name}_strings`);
  if (strings.length > 0) return { dtype: 'string', entries: strings };
  const integers = intsAttribute(attributes, `${name}_int64s`, []);
  if (integers.length > 0) return { dtype: 'int64', entries: integers };
  const floats = floatsAttribute(attributes, `${name}_floats`);
  return floats.length > 0 ? { dtype: 'float32', entries: floats } : null;
}

function defaultOf({ attributes }: OperatorContext, dtype: DataType): string | number {
  const tensor = tensorAttribute(attributes, 'default_tensor');
  if (tensor) {
    const value = fromTensor(tensor);
    return value.strings?.[0] ?? value.data[0] ?? 0;
  }
  if (dtype === 'string') return stringAttribute(attributes, 'default_string', '_Unused');
  return dtype === 'int64'
    ? intAttribute(attributes, 'default_int64', -1)
    : floatAttribute(attributes, 'default_float', -0);
}
