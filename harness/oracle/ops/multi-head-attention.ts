import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like, refuse } from './_context.ts';
import { headBack, headForward, type HeadInputs } from './_microsoft-attention.ts';
import { wants } from './_kit.ts';

/** ONNX Runtime's own: query, key, value [batch, sequence, width], bias of all three, mask, attention bias, past key, past value. */
export const multiHeadAttention: Operator = {
  op: 'MultiHeadAttention',
  domain: 'com.microsoft',
  forward(context, inputs) {
    return headForward(context, partsOf(context, inputs)).slice(0, 3);
  },
  vjp(context) {
    const { inputs } = context;
    const { round } = context.arithmetic;
    const found = headBack(context, partsOf(context, inputs), context.cotangents);
    const { q, k, v } = found;
    const shift = inputs[3];
    const sums = () =>
      shift &&
      cotangentOf(
        shift,
        columnSums(
          [q, k, v].map((part) => part!.value),
          round,
        ),
      );
    const answers = [
      q,
      k,
      v,
      shift && wants(context, 3) ? sums() : undefined,
      undefined,
      found.bias,
      found.pastKey,
      found.pastValue,
    ];
    return inputs.map((_, i) => (wants(context, i) ? answers[i] : undefined));
  },
};

function partsOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): HeadInputs {
  const heads = intAttribute(context.attributes, 'num_heads', 1);
  const q = given(context, inputs, 0);
  const [k, v, shift] = [inputs[1], inputs[2], inputs[3]];
  if (q.shape.length !== 3 || k?.shape.length !== 3 || v?.shape.length !== 3) {
    return refuse(context, 'packed inputs', 'Query, key and value of three axes each are supported.');
  }
  let from = 0;
  const shifted = [q, k, v].map((part) => {
    const width = part.shape[2]!;
    const start = from;
    from += width;
    if (!shift) return part;
    const { round } = context.arithmetic;
    return like(
      part,
      part.data.map((x, i) => round(x + shift.data[start + (i % width)]!)),
    );
  });
  return {
    q: shifted[0]!,
    k: shifted[1]!,
    v: shifted[2]!,
    heads,
    mask: inputs[4],
    bias: inputs[5],
    pastKey: inputs[6],
    pastValue: inputs[7],
  };
}

/** The sums of each column (last axis) of several tensors, one after the other. */
function columnSums(parts: readonly Value[], round: (x: number) => number): Float64Array {
  const sums = parts.map((part) => {
    const width = part.shape.at(-1)!;
    const sum = new Float64Array(width);
    for (const [i, x] of part.data.entries()) sum[i % width] = round(sum[i % width]! + x);
    return sum;
  });
  return Float64Array.from(sums.flatMap((sum) => Array.from(sum)));
}
