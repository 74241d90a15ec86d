import { floatAttribute, intAttribute } from '../../attributes.ts';
import type { OperatorContext, Value } from '../../types/oracle.ts';
import { given, misfit } from './_context.ts';
import { taken } from './_indexed.ts';
import { makeValue, upTo } from './_kit.ts';
import { broadcastOffsets, transposedOffsets } from './_strided.ts';

/** An attention node with everything in the order [batch, heads, sequence, ...]. */
export interface AttentionLayout {
  /** True where inputs and outputs are [batch, sequence, heads·size]. */
  readonly flat: boolean;
  readonly batch: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly rows: number;
  /** Keys of the past, and with those of this call. */
  readonly past: number;
  readonly columns: number;
  readonly size: number;
  readonly valueSize: number;
  readonly q: Value;
  /** Past and present keys and values, one after the other. */
  readonly k: Value;
  readonly v: Value;
  /** √scale: queries and keys are multiplied by it each, as the specification has it. */
  readonly root: number;
  readonly scaledQ: Float64Array;
  readonly scaledK: Float64Array;
  readonly softcap: number;
}

/** Reads q, k, v, the mask and the past. */
export function attentionOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): AttentionLayout {
  const { attributes, arithmetic } = context;
  const [q, k, v] = [given(context, inputs, 0), given(context, inputs, 1), given(context, inputs, 2)];
  const flat = q.shape.length === 3;
  const queries = flat ? split(context, q, intAttribute(attributes, 'q_num_heads', 0)) : q;
  const keys = flat ? split(context, k, intAttribute(attributes, 'kv_num_heads', 0)) : k;
  const values = flat ? split(context, v, intAttribute(attributes, 'kv_num_heads', 0)) : v;
  const [batch = 0, heads = 0, rows = 0, size = 0] = queries.shape;
  const keyHeads = keys.shape[1]!;
  if (heads % keyHeads !== 0) misfit(context, `${heads} heads of queries for ${keyHeads} of keys`);
  const allKeys = joined(inputs[4], keys);
  const scale = floatAttribute(attributes, 'scale', Number.NaN);
  const { round } = arithmetic;
  const root = round(Math.sqrt(Number.isNaN(scale) ? round(1 / round(Math.sqrt(size))) : scale));
  const scaled = (x: Value): Float64Array => x.data.map((element) => round(element * root));
  return {
    flat,
    batch,
    heads,
    keyHeads,
    rows,
    past: inputs[4]?.shape[2] ?? 0,
    columns: allKeys.shape[2]!,
    size,
    valueSize: values.shape[3]!,
    q: queries,
    k: allKeys,
    v: joined(inputs[5], values),
    root,
    scaledQ: scaled(queries),
    scaledK: scaled(allKeys),
    softcap: floatAttribute(attributes, 'softcap', 0),
  };
}

/** [batch, sequence, heads·size] → [batch, heads, sequence, size]. */
function split(context: OperatorContext, x: Value, heads: number): Value {
  const [batch = 0, sequence = 0, width = 0] = x.shape;
  if (heads === 0 || width % heads !== 0) misfit(context, `a width of ${width} does not make ${heads} heads`);
  const shape = [batch, sequence, heads, width / heads];
  const offsets = transposedOffsets(shape, [0, 2, 1, 3]);
  return taken(x, { shape: [batch, heads, sequence, width / heads], offsets });
}

/** [batch, heads, sequence, size] → [batch, sequence, heads·size]. */
export function merge(x: Value): Value {
  const [batch = 0, heads = 0, sequence = 0, size = 0] = x.shape;
  const offsets = transposedOffsets(x.shape, [0, 2, 1, 3]);
  return taken(x, { shape: [batch, sequence, heads * size], offsets });
}

/** Rows from `from` to before `to` of each [batch, heads] of x [batch, heads, sequence, size]. */
export function rowsBetween(x: Value, from: number, to: number): Value {
  const [batch = 0, heads = 0, sequence = 0, size = 0] = x.shape;
  const part = makeValue(x.dtype, [batch, heads, to - from, size]);
  for (const line of upTo(batch * heads)) {
    const start = line * sequence * size;
    part.data.set(x.data.subarray(start + from * size, start + to * size), line * (to - from) * size);
  }
  return part;
}

/** Two tensors, one after the other along the sequence. */
function joined(past: Value | undefined, present: Value): Value {
  if (!past) return present;
  const [batch = 0, heads = 0, sequence = 0, size = 0] = present.shape;
  const before = past.shape[2]!;
  const all = makeValue(present.dtype, [batch, heads, before + sequence, size]);
  for (const line of upTo(batch * heads)) {
    const at = line * (before + sequence) * size;
    all.data.set(past.data.subarray(line * before * size, (line + 1) * before * size), at);
    all.data.set(present.data.subarray(line * sequence * size, (line + 1) * sequence * size), at + before * size);
  }
  return all;
}

/** Visits every row of scores: `line` counts them, `head` is where its keys and values are, counted over the batch. Neighbouring heads of queries may share one. */
export function forEachRow(
  { batch, heads, keyHeads, rows }: AttentionLayout,
  visit: (b: number, h: number, row: number, line: number, head: number) => void,
): void {
  for (let line = 0; line < batch * heads * rows; line++) {
    const [b, h] = [Math.floor(line / (heads * rows)), Math.floor(line / rows) % heads];
    visit(b, h, line % rows, line, b * keyHeads + Math.floor(h / (heads / keyHeads)));
  }
}

/** What is added to the score of each (batch, head, row, column) before the softmax: −∞ where it is masked. */
export interface Bias {
  at(b: number, h: number, row: number, column: number): number;
  /** Element of the mask input that stands there; −1 where none does. */
  source(b: number, h: number, row: number, column: number): number;
}

/**
 * The mask input (boolean: false is masked; float: added; masked beyond its last column), the causal mask (a row sees the columns up to
 * its own, counted from the end of what came before), and `nonpad_kv_seqlen`.
 */
export function biasOf(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  layout: AttentionLayout,
): Bias {
  const { batch, heads, rows, columns, past } = layout;
  const [mask, lengths] = [inputs[3], inputs[6]];
  const causal = intAttribute(context.attributes, 'is_causal', 0) !== 0;
  const width = mask ? (mask.shape.at(-1) === 1 ? columns : mask.shape.at(-1)!) : 0;
  const offsets = mask ? broadcastOffsets(mask.shape, [batch, heads, rows, width]) : new Int32Array(0);
  const source = (b: number, h: number, row: number, column: number): number =>
    column < width ? offsets[((b * heads + h) * rows + row) * width + column]! : -1;
  const hidden = (b: number, row: number, column: number): boolean => {
    const valid = lengths ? lengths.data[b]! : columns;
    const before = lengths && !inputs[4] ? valid - rows : past;
    return column >= valid || (causal && column > row + before);
  };
  const at = (b: number, h: number, row: number, column: number): number => {
    if (hidden(b, row, column) || (mask && column >= width)) return Number.NEGATIVE_INFINITY;
    if (!mask) return 0;
    const entry = mask.data[source(b, h, row, column)]!;
    if (mask.dtype !== 'bool') return entry;
    return entry === 0 ? Number.NEGATIVE_INFINITY : 0;
  };
  return { at, source };
}
