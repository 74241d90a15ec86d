import { intAttribute, intsAttribute } from '../../attributes.ts';
import { sameShape } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given } from './_context.ts';
import { headBack, headForward, type HeadInputs } from './_microsoft-attention.ts';
import { makeValue, wants } from './_kit.ts';
import { matrixProduct } from './_matmul.ts';

/** ONNX Runtime's own: query, key and value are one product, x · weight + bias. Inputs x [batch, sequence, inputs], weight, bias, mask, past [2, ...], attention bias. */
export const microsoftAttention: Operator = {
  op: 'Attention',
  domain: 'com.microsoft',
  forward(context, inputs) {
    const [y, key, value] = headForward(context, partsOf(context, inputs));
    // Keys and values of different widths cannot lie in one tensor: then there is no such output.
    return sameShape(key!.shape, value!.shape) ? [y, stacked(key!, value!)] : [y];
  },
  vjp(context) {
    const { inputs } = context;
    const present = context.cotangents[1];
    const parts = partsOf(context, inputs);
    const halves = present ? [half(present, 0), half(present, 1)] : [undefined, undefined];
    const found = headBack(context, parts, [context.cotangents[0], ...halves]);
    const product = joinedColumns([found.q!.value, found.k!.value, found.v!.value]);
    const { pastKey, pastValue } = found;
    const past = pastKey && pastValue && { value: stacked(pastKey.value, pastValue.value) };
    const answers = [...productBack(context, product), undefined, past, found.bias];
    return inputs.map((_, i) => (wants(context, i) ? answers[i] : undefined));
  },
};

function partsOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): HeadInputs {
  const [x, weight, shift] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
  const { arithmetic, attributes } = context;
  const [batch = 0, length = 0, depth = 0] = x.shape;
  const columns = weight.shape[1]!;
  const whole = (data: Float64Array, row: number) => ({ data, start: 0, row, column: 1 });
  const size = { m: batch * length, depth, n: columns };
  const product = matrixProduct(arithmetic, whole(x.data, depth), whole(weight.data, columns), size);
  const sum = shift ? product.map((p, i) => arithmetic.round(p + shift.data[i % columns]!)) : product;
  let from = 0;
  const [q, k, v] = intsAttribute(attributes, 'qkv_hidden_sizes', [columns / 3, columns / 3, columns / 3]).map(
    (width) => {
      const start = from;
      from += width;
      const part = Float64Array.from(
        { length: batch * length * width },
        (_, i) => sum[Math.floor(i / width) * columns + start + (i % width)]!,
      );
      return makeValue(x.dtype, [batch, length, width], part);
    },
  );
  const past = inputs[4];
  const [pastKey, pastValue] = past ? [half(past, 0), half(past, 1)] : [undefined, undefined];
  const heads = intAttribute(attributes, 'num_heads', 1);
  return { q: q!, k: k!, v: v!, heads, mask: inputs[3], bias: inputs[5], pastKey, pastValue };
}

/** The cotangents of x, weight and bias from that of their product [rows, columns]. */
function productBack(context: VjpContext, product: Float64Array) {
  const { inputs, arithmetic } = context;
  const [x, weight, shift] = [given(context, inputs, 0), given(context, inputs, 1), inputs[2]];
  const [depth, columns] = [weight.shape[0]!, weight.shape[1]!];
  const rows = product.length / columns;
  const d = { data: product, start: 0, row: columns, column: 1 };
  const transposed = (data: Float64Array, width: number) => ({ data, start: 0, row: 1, column: width });
  const dx = matrixProduct(arithmetic, d, transposed(weight.data, columns), { m: rows, depth: columns, n: depth });
  const dweight = matrixProduct(arithmetic, transposed(x.data, depth), d, { m: depth, depth: rows, n: columns });
  const dshift = new Float64Array(columns);
  for (const [i, p] of product.entries()) dshift[i % columns] = arithmetic.round(dshift[i % columns]! + p);
  return [cotangentOf(x, dx), cotangentOf(weight, dweight), shift && cotangentOf(shift, dshift)];
}

/** Tensors [batch, sequence, width] beside each other: [batch·sequence, all widths]. */
function joinedColumns(parts: readonly Value[]): Float64Array {
  const columns = parts.reduce((sum, part) => sum + part.shape[2]!, 0);
  const out = new Float64Array(parts[0]!.shape[0]! * parts[0]!.shape[1]! * columns);
  let start = 0;
  for (const { data, shape } of parts) {
    const width = shape[2]!;
    for (const [i, x] of data.entries()) out[Math.floor(i / width) * columns + start + (i % width)] = x;
    start += width;
  }
  return out;
}

/** Key or value of a tensor whose first axis counts them. */
function half(both: Value, k: 0 | 1): Value {
  const size = both.data.length / 2;
  return makeValue(both.dtype, both.shape.slice(1), both.data.slice(k * size, (k + 1) * size));
}

function stacked(key: Value, value: Value): Value {
  const both = makeValue(key.dtype, [2, ...key.shape]);
  both.data.set(key.data);
  both.data.set(value.data, key.data.length);
  return both;
}
