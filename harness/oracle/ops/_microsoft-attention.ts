import { floatAttribute, intAttribute } from '../../attributes.ts';
import type { Attributes } from '../../types/graph.ts';
import type { Cotangent, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { attentionBack } from './_attention-back.ts';
import { refuse } from './_context.ts';
import { makeValue } from './_kit.ts';
import { broadcastOffsets, unbroadcast } from './_strided.ts';
import { attention } from './attention.ts';

/** What ONNX Runtime's own attention operators come down to. q, k, v: [batch, sequence, heads·size]. */
export interface HeadInputs {
  readonly q: Value;
  readonly k: Value;
  readonly v: Value;
  readonly heads: number;
  /** int32: valid keys of each batch element [batch], or 1 where visible [batch, keys] or [batch, rows, keys]. */
  readonly mask: Value | undefined;
  /** Added to the scores, broadcast to [batch, heads, rows, keys]. */
  readonly bias: Value | undefined;
  readonly pastKey: Value | undefined;
  readonly pastValue: Value | undefined;
}

/** Y, and the present keys and values, by the standard's operator. */
export function headForward(context: OperatorContext, parts: HeadInputs): readonly (Value | undefined)[] {
  return attention.forward(standardContext(context, parts), standardInputs(context, parts));
}

/** The cotangents of q, k, v, bias, and the past, from those of Y and of the present keys and values. */
export function headBack(
  context: VjpContext,
  parts: HeadInputs,
  cotangents: readonly (Value | undefined)[],
): { readonly [name in 'q' | 'k' | 'v' | 'bias' | 'pastKey' | 'pastValue']: Cotangent | undefined } {
  const inputs = standardInputs(context, parts);
  const answers = attentionBack({
    ...context,
    ...standardContext(context, parts),
    inputs,
    outputs: [],
    cotangents,
    needs: inputs.map((input) => input !== undefined),
  });
  const [q, k, v, mask, pastKey, pastValue] = answers;
  const { bias } = parts;
  const { round } = context.arithmetic;
  const dbias = bias &&
    mask && { value: { ...bias, data: unbroadcast(mask.value.data, mask.value.shape, bias.shape, round) } };
  return { q, k, v, bias: dbias, pastKey, pastValue };
}

function standardContext<C extends OperatorContext>(context: C, { heads }: HeadInputs): C {
  const scale = floatAttribute(context.attributes, 'scale', 0);
  const attributes: Attributes = {
    q_num_heads: { kind: 'int', value: heads },
    kv_num_heads: { kind: 'int', value: heads },
    is_causal: { kind: 'int', value: intAttribute(context.attributes, 'unidirectional', 0) },
    ...(scale === 0 ? {} : { scale: { kind: 'float', value: scale } }),
  };
  return { ...context, attributes };
}

function standardInputs(context: OperatorContext, parts: HeadInputs): (Value | undefined)[] {
  const { q, k, v, pastKey, pastValue, mask, bias, heads } = parts;
  const keys = k.shape[1]! + (pastKey?.shape[2] ?? 0);
  const shape = [q.shape[0]!, heads, q.shape[1]!, keys];
  const full = mask || bias ? makeValue(q.dtype, shape) : undefined;
  if (full && bias) {
    const offsets = broadcastOffsets(bias.shape, shape);
    for (const i of full.data.keys()) full.data[i] = bias.data[offsets[i]!]!;
  }
  if (full && mask) hide(context, full, mask);
  return [q, k, v, full, pastKey, pastValue];
}

/** Adds the filter value (−10,000 unless said) to the scores that the mask hides. */
function hide(context: OperatorContext, full: Value, mask: Value): void {
  const { round } = context.arithmetic;
  const filter = floatAttribute(context.attributes, 'mask_filter_value', -10000);
  const [batch = 1, heads = 1, rows = 1, keys = 1] = full.shape;
  const form = mask.shape.join();
  const perKey = form === `${batch},${keys}`;
  if (!perKey && form !== `${batch}` && form !== `${batch},${rows},${keys}`) {
    refuse(
      context,
      `a mask of shape [${form}]`,
      'Masks of [batch], [batch, keys] and [batch, rows, keys] are supported.',
    );
  }
  for (const i of full.data.keys()) {
    const [b, row, key] = [Math.floor(i / (heads * rows * keys)), Math.floor(i / keys) % rows, i % keys];
    const visible =
      mask.shape.length === 1 ? key < mask.data[b]! : mask.data[(perKey ? b : b * rows + row) * keys + key] !== 0;
    if (!visible) full.data[i] = round(full.data[i]! + filter);
  }
}
