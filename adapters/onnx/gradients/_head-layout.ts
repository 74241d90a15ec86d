import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import { LayerdiffError } from '../../../harness/errors.ts';
import type { GradientContext } from '../rule.ts';
import type { Attended, AttentionGradient } from './_attention.ts';
import { attentionGradient } from './_attention.ts';
import type { TensorMath } from './_tensors.ts';
import { range } from './_tensors.ts';

/** Sizes of ONNX Runtime's own attention operators. */
export interface HeadSizes {
  readonly batch: number;
  readonly heads: number;
  readonly queries: number;
  /** Of the past and now together. */
  readonly keys: number;
  readonly past: number;
  readonly width: number;
  readonly valueWidth: number;
}

/** Which inputs hold what; tensors are names. */
export interface HeadInputs {
  /** [batch, length, heads · width] */
  readonly q: string;
  readonly k: string;
  readonly v: string;
  /** int32: lengths [batch], or 0 where a key is hidden: [batch, keys] or [batch, queries, keys]. */
  readonly mask: string;
  /** Added to the scores: broadcasts to [batch, heads, queries, keys]. */
  readonly bias: string;
  /** [batch, heads, past, width], '' without. */
  readonly pastKey: string;
  readonly pastValue: string;
  readonly dy: string | undefined;
  readonly dPresentKey: string | undefined;
  readonly dPresentValue: string | undefined;
}

/** Gradients in the shapes of {@link HeadInputs}. */
export interface HeadGradients {
  readonly q: string;
  readonly k: string;
  readonly v: string;
  readonly bias: () => string | undefined;
  readonly pastKey: string | undefined;
  readonly pastValue: string | undefined;
}

/** Scaled dot-product attention of heads that lie side by side; hidden keys get mask_filter_value added, as in the forward run. */
export function headGradients(
  context: GradientContext,
  math: TensorMath,
  inputs: HeadInputs,
  sizes: HeadSizes,
): HeadGradients {
  const { batch, heads, queries, keys, past, width, valueWidth } = sizes;
  const attended = attendedOf(context, math, inputs, sizes);
  const y = inputs.dy === undefined ? undefined : split(math, inputs.dy, [batch, heads, valueWidth]);
  const dy =
    y === undefined
      ? math.expand(math.name(0), [batch, heads, 1, queries, valueWidth])
      : context.emit('Unsqueeze', [y, context.ints([2])]);
  const found: AttentionGradient = attentionGradient(math, attended, { y: dy });
  const cut = (name: string, present: string | undefined, size: number): { own: string; past: string | undefined } => {
    const flat = math.reshape(name, [batch, heads, keys, size]);
    const all = present === undefined ? flat : math.add(flat, present);
    const own = past === 0 ? all : math.slice(all, 2, past, keys);
    return { own: join(math, own, [batch, heads, size]), past: past === 0 ? undefined : math.slice(all, 2, 0, past) };
  };
  const [k, v] = [cut(found.k, inputs.dPresentKey, width), cut(found.v as string, inputs.dPresentValue, valueWidth)];
  const scores = [batch, heads, queries, keys];
  return {
    q: join(math, math.reshape(found.q, [batch, heads, queries, width]), [batch, heads, width]),
    k: k.own,
    v: v.own,
    pastKey: k.past,
    pastValue: v.past,
    bias: () => context.unbroadcast(math.reshape(found.scores as string, scores), scores, context.shape(inputs.bias)),
  };
}

/** q, k and v as [batch, heads, 1, length, width], and what is added to or hidden from their scores. */
function attendedOf(context: GradientContext, math: TensorMath, inputs: HeadInputs, sizes: HeadSizes): Attended {
  const { batch, heads, width, valueWidth } = sizes;
  const lift = (name: string): string => context.emit('Unsqueeze', [name, context.ints([2])]);
  const behind = (before: string, name: string): string => (before === '' ? name : math.concat([before, name], 2));
  const scale = context.attributes['scale'] === undefined ? 0 : floatAttribute(context.attributes, 'scale', 0);
  return {
    q: lift(split(math, inputs.q, [batch, heads, width])),
    k: lift(behind(inputs.pastKey, split(math, inputs.k, [batch, heads, width]))),
    v: lift(behind(inputs.pastValue, split(math, inputs.v, [batch, heads, valueWidth]))),
    bias: biasOf(context, math, inputs, sizes),
    allowed: causal(context, sizes),
    scale: scale === 0 ? 1 / Math.sqrt(width) : scale,
    softcap: 0,
  };
}

/** [batch, length, heads · width] → [batch, heads, length, width] */
function split(math: TensorMath, name: string, [batch, heads, width]: readonly [number, number, number]): string {
  return math.transpose(math.reshape(name, [batch, -1, heads, width]), [0, 2, 1, 3]);
}

/** [batch, heads, length, width] → [batch, length, heads · width] */
function join(math: TensorMath, name: string, [batch, heads, width]: readonly [number, number, number]): string {
  return math.reshape(math.transpose(name, [0, 2, 1, 3]), [batch, -1, heads * width]);
}

/** [batch or 1, heads or 1, 1, queries or 1, keys] */
function biasOf(
  context: GradientContext,
  math: TensorMath,
  { mask, bias }: HeadInputs,
  sizes: HeadSizes,
): string | undefined {
  const parts: string[] = [];
  if (bias !== '') parts.push(context.emit('Unsqueeze', [bias, context.ints([2])]));
  if (mask !== '') parts.push(hidden(context, math, mask, sizes));
  return parts.length === 0 ? undefined : parts.reduce((a, b) => math.add(a, b));
}

function hidden(context: GradientContext, math: TensorMath, mask: string, { batch, queries, keys }: HeadSizes): string {
  const shape = context.shape(mask);
  const filter = floatAttribute(context.attributes, 'mask_filter_value', -10000);
  const known = (sizes: readonly number[]): boolean =>
    shape.length === sizes.length && shape.every((size, axis) => size === sizes[axis]);
  const int32 = (values: readonly number[]): string => context.constant(fromNumbers('int32', [values.length], values));
  if (known([batch])) {
    const seen = math.less(int32(range(keys)), math.reshape(mask, [batch, 1, 1, 1, 1]));
    return math.where(seen, 0, filter);
  }
  if (!known([batch, keys]) && !known([batch, queries, keys])) throw unknownMask(context, shape);
  const rows = shape.length === 2 ? 1 : queries;
  return math.where(math.greater(math.reshape(mask, [batch, 1, 1, rows, keys]), int32([0])), 0, filter);
}

function causal(context: GradientContext, { queries, keys, past }: HeadSizes): string | undefined {
  if (intAttribute(context.attributes, 'unidirectional', 0) !== 1) return undefined;
  const cells = range(queries).flatMap((row) => range(keys).map((column) => (column <= row + past ? 1 : 0)));
  return context.constant(fromNumbers('bool', [queries, keys], cells));
}

function unknownMask(context: GradientContext, shape: readonly number[]): LayerdiffError {
  return new LayerdiffError(
    'E_NO_GRADIENT',
    context.node.name,
    `a mask of shape [${shape.join(', ')}] has no gradient rule`,
    'Give lengths [batch], or a mask [batch, keys] or [batch, queries, keys].',
  );
}
