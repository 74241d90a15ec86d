import { floatAttribute, intAttribute, intsAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { Attributes } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext } from '../types/rule.ts';
import { transposed } from './_matrix.ts';

type Values = readonly (Value | undefined)[];

/** An attention operator taken apart: heads of queries, keys and values, each [batch, heads, sequence, size]. */
export interface AttentionParts {
  readonly q: Value;
  /** With the past before them. */
  readonly k: Value;
  readonly v: Value;
  readonly scale: number;
  /** What flows back into the heads of the output. */
  readonly dy: Value;
  /** The weights of the softmax, [batch, heads, rows, columns]; without masks where `masked` is false. */
  weights(masked: boolean): Value | null;
  /** What each slot gets, from what the heads get. */
  slots(dq: Value, dk: Value, dv: Value): Values;
}

/** Null where the node cannot be taken apart here: scores that are capped, packed inputs. */
export function attentionParts(context: BackwardContext): AttentionParts | null {
  const { node, attributes, cotangents } = context;
  if (floatAttribute(attributes, 'softcap', 0) !== 0 || cotangents[0] === undefined) return null;
  if (node.domain === '') return standard(context);
  return node.op === 'MultiHeadAttention' ? multiHead(context) : projected(context);
}

/** ONNX's own operator. */
function standard(context: BackwardContext): AttentionParts | null {
  const { inputs, attributes, node, run, cotangents } = context;
  const [q, k, v, , pastKey, pastValue] = inputs;
  if (q === undefined || k === undefined || v === undefined) return null;
  const flat = q.shape.length === 3;
  const heads = flat ? intAttribute(attributes, 'q_num_heads', 0) : (q.shape[1] as number);
  const keyHeads = flat ? intAttribute(attributes, 'kv_num_heads', 0) : (k.shape[1] as number);
  const into = (value: Value, count: number): Value => (flat ? split(value, count) : value);
  const out = (value: Value): Value => (flat ? merged(value) : value);
  const [queries, keys, values] = [into(q, heads), into(k, keyHeads), into(v, keyHeads)];
  const scale = floatAttribute(attributes, 'scale', 1 / Math.sqrt(queries.shape[3] as number));
  const past = pastKey?.shape[2] ?? 0;
  return {
    q: queries,
    k: joined(pastKey, keys),
    v: joined(pastValue, values),
    scale,
    dy: into(cotangents[0] as Value, heads),
    weights(masked) {
      const one = unit(values, past);
      const given = [...inputs];
      given[2] = out(one.present);
      if (pastValue !== undefined) given[5] = one.past;
      const open: Attributes = { ...attributes, is_causal: { kind: 'int', value: 0 } };
      if (!masked) given[3] = undefined;
      const y = run(node.op, given, masked ? attributes : open)?.[0];
      return y === undefined ? null : into(y, heads);
    },
    slots: (dq, dk, dv) => [out(dq), out(after(dk, past)), out(after(dv, past))],
  };
}

/** ONNX Runtime's operator on queries, keys and values. */
function multiHead({
  inputs,
  attributes,
  run,
  cotangents,
}: Pick<BackwardContext, 'inputs' | 'attributes' | 'run' | 'cotangents'>): AttentionParts | null {
  const [q, k, v, shift, , , pastKey, pastValue] = inputs;
  if (q?.shape.length !== 3 || k?.shape.length !== 3 || v?.shape.length !== 3) return null;
  const heads = intAttribute(attributes, 'num_heads', 1);
  const widths = [q, k, v].map(({ shape }) => shape[2] as number) as [number, number, number];
  const starts = [0, widths[0], widths[0] + widths[1]] as const;
  const shifted = [q, k, v].map((value, i) => {
    if (shift === undefined) return value;
    const [start, width] = [starts[i] as number, widths[i] as number];
    return { ...value, data: value.data.map((x, at) => x + (shift.data[start + (at % width)] as number)) };
  }) as [Value, Value, Value];
  const [queries, keys, values] = shifted.map((value) => split(value, heads)) as [Value, Value, Value];
  const own = floatAttribute(attributes, 'scale', 0);
  const past = pastKey?.shape[2] ?? 0;
  return {
    q: queries,
    k: joined(pastKey, keys),
    v: joined(pastValue, values),
    scale: own === 0 ? 1 / Math.sqrt(queries.shape[3] as number) : own,
    dy: split(cotangents[0] as Value, heads),
    weights(masked) {
      const one = unit(values, past);
      const pasts = pastKey === undefined ? [] : [pastKey, one.past];
      const masks = masked ? [inputs[4], inputs[5]] : [undefined, undefined];
      const open: Attributes = { ...attributes, unidirectional: { kind: 'int', value: 0 } };
      const given = [shifted[0], shifted[1], merged(one.present), undefined, ...masks, ...pasts];
      const y = run('MultiHeadAttention', given, masked ? attributes : open, 'com.microsoft')?.[0];
      return y === undefined ? null : split(y, heads);
    },
    slots(dq, dk, dv) {
      const back = [merged(dq), merged(after(dk, past)), merged(after(dv, past))];
      const sums = new Float64Array(widths[0] + widths[1] + widths[2]);
      back.forEach(({ data }, i) => {
        data.forEach((x, at) => {
          const to = (starts[i] as number) + (at % (widths[i] as number));
          sums[to] = (sums[to] as number) + x;
        });
      });
      return [...back, shift === undefined ? undefined : { ...shift, data: sums }];
    },
  };
}

/** ONNX Runtime's operator that makes queries, keys and values itself: one product with all three weights. */
function projected(context: BackwardContext): AttentionParts | null {
  const { inputs, attributes, run } = context;
  const [x, w, shift, mask, past, bias] = inputs;
  const product = x === undefined || w === undefined ? undefined : run('MatMul', [x, w])?.[0];
  if (x === undefined || w === undefined || product === undefined) return null;
  const columns = w.shape[1] as number;
  const sum = shift === undefined ? product.data : product.data.map((p, i) => p + (shift.data[i % columns] as number));
  const widths = intsAttribute(attributes, 'qkv_hidden_sizes', [columns / 3, columns / 3, columns / 3]);
  let start = 0;
  const three = widths.map((width) => {
    const from = start;
    start += width;
    const data = new Float64Array((sum.length / columns) * width).map(
      (_, i) => sum[Math.floor(i / width) * columns + from + (i % width)] as number,
    );
    return { ...x, shape: [...x.shape.slice(0, 2), width], data };
  });
  const half = (i: 0 | 1): Value | undefined =>
    past && {
      ...past,
      shape: past.shape.slice(1),
      data: past.data.slice((i * past.data.length) / 2, ((i + 1) * past.data.length) / 2),
    };
  const { qkv_hidden_sizes: _, do_rotary: rotary, ...kept } = attributes;
  if (rotary !== undefined) return null;
  const parts = multiHead({
    ...context,
    attributes: kept,
    inputs: [...three, undefined, mask, bias, half(0), half(1)],
  });
  return (
    parts && {
      ...parts,
      slots(dq, dk, dv) {
        const back = parts.slots(dq, dk, dv).slice(0, 3) as [Value, Value, Value];
        const all = beside(back, columns);
        const rows = all.data.length / columns;
        const flat = { ...x, shape: [rows, x.data.length / rows] };
        const dx = run('MatMul', [all, transposed(w)])?.[0];
        const dw = run('MatMul', [transposed(flat), all])?.[0];
        const db = new Float64Array(columns);
        all.data.forEach((d, i) => (db[i % columns] = (db[i % columns] as number) + d));
        return [dx, dw, shift && { ...shift, data: db }];
      },
    }
  );
}

/** Tensors [batch, sequence, width] side by side: [batch·sequence, all widths]. */
function beside(parts: readonly Value[], columns: number): Value {
  const rows = sizeOf((parts[0] as Value).shape.slice(0, 2));
  const data = new Float64Array(rows * columns);
  let start = 0;
  for (const part of parts) {
    const width = part.shape[2] as number;
    for (let r = 0; r < rows; r++) data.set(part.data.subarray(r * width, (r + 1) * width), r * columns + start);
    start += width;
  }
  return { ...(parts[0] as Value), shape: [rows, columns], data };
}

/** Values that make the output of attention its weights: row j holds a one in column j. */
function unit(values: Value, past: number): { past: Value; present: Value } {
  const [batch = 1, heads = 1, own = 1] = values.shape;
  const columns = past + own;
  const rows = (from: number, count: number): Value => {
    const data = new Float64Array(batch * heads * count * columns);
    for (let r = 0; r < batch * heads * count; r++) data[r * columns + from + (r % count)] = 1;
    return { ...values, shape: [batch, heads, count, columns], data };
  };
  return { past: rows(0, past), present: rows(past, own) };
}

/** [batch, sequence, heads·size] → [batch, heads, sequence, size]. */
function split(x: Value, heads: number): Value {
  const [batch = 1, length = 1, width = 1] = x.shape;
  const shape = [batch, length, heads, width / heads];
  return exchanged({ ...x, shape });
}

/** [batch, heads, sequence, size] → [batch, sequence, heads·size]. */
function merged(x: Value): Value {
  const back = exchanged(x);
  const [batch = 1, length = 1, heads = 1, size = 1] = back.shape;
  return { ...back, shape: [batch, length, heads * size] };
}

/** The two axes in the middle exchanged. */
function exchanged(x: Value): Value {
  const [batch = 1, a = 1, b = 1, size = 1] = x.shape;
  const data = new Float64Array(x.data.length);
  for (let n = 0; n < batch * a * b; n++) {
    const [i, j, k] = [Math.floor(n / (a * b)), Math.floor(n / b) % a, n % b];
    data.set(x.data.subarray(n * size, (n + 1) * size), ((i * b + k) * a + j) * size);
  }
  return { ...x, shape: [batch, b, a, size], data };
}

/** The past, and what comes after it, along the sequence. */
function joined(past: Value | undefined, present: Value): Value {
  if (past === undefined) return present;
  const [batch = 1, heads = 1, own = 1, size = 1] = present.shape;
  const before = past.shape[2] as number;
  const data = new Float64Array(batch * heads * (before + own) * size);
  for (let line = 0; line < batch * heads; line++) {
    data.set(past.data.subarray(line * before * size, (line + 1) * before * size), line * (before + own) * size);
    data.set(
      present.data.subarray(line * own * size, (line + 1) * own * size),
      (line * (before + own) + before) * size,
    );
  }
  return { ...present, shape: [batch, heads, before + own, size], data };
}

/** What lies after the past. */
function after(x: Value, past: number): Value {
  const [batch = 1, heads = 1, all = 1, size = 1] = x.shape;
  if (past === 0) return x;
  const own = all - past;
  const data = new Float64Array(batch * heads * own * size);
  for (let line = 0; line < batch * heads; line++)
    data.set(x.data.subarray((line * all + past) * size, (line + 1) * all * size), line * own * size);
  return { ...x, shape: [batch, heads, own, size], data };
}
