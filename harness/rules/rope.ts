import { intAttribute } from '../attributes.ts';
import type { Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { patch } from './_patch.ts';

/** Rotary positions: pairs taken as halves or as neighbours, turned the other way, or by another position. */
export const rope: Rule = {
  id: 'rope',
  ops: ['RotaryEmbedding', 'Concat'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    if (context.node.op === 'Concat') yield* ofConcat(context);
    else yield* ofOperator(context);
  },
};

const pairing = { cause: 'rope.pairing', specificity: 3 as const };

function* ofOperator(context: ForwardContext): Iterable<ForwardHypothesis> {
  const { attributes, same, node, inputs } = context;
  const interleaved = intAttribute(attributes, 'interleaved', 0) !== 0;
  const spoken = (pairs: boolean): string => (pairs ? 'neighbours (2i, 2i + 1)' : 'halves (i, i + size/2)');
  yield {
    ...pairing,
    claim: `pairs are ${spoken(!interleaved)}, the model turns ${spoken(interleaved)}`,
    fix: `Turn ${spoken(interleaved)}.`,
    edit: same({ attributes: { interleaved: { kind: 'int', value: interleaved ? 0 : 1 } } }),
  };
  const p = patch(context);
  const turned = p.emit(
    'RotaryEmbedding',
    replaced(node.inputs, 2, p.emit('Neg', [node.inputs[2] as string])),
    attributes,
  );
  yield {
    ...pairing,
    claim: 'every pair is turned the other way (the sine has the opposite sign)',
    fix: 'Turn by (cos·a − sin·b, sin·a + cos·b).',
    edit: p.edit(turned),
  };
  const off = { cause: 'position.offset', specificity: 3 as const };
  const left = patch(context);
  yield {
    ...off,
    claim: 'the rotation by position is left out',
    fix: 'Turn queries and keys by their positions.',
    edit: left.edit(node.inputs[0] as string),
  };
  for (const by of [1, -1]) {
    const edit = inputs[3] === undefined ? turnedOn(context, by) : shiftedIds(context, by);
    if (edit === null) continue;
    const claim = `positions are off by ${by > 0 ? '+1' : '−1'}`;
    yield { ...off, claim, fix: 'Count positions as the model does: the first is 0.', edit };
  }
}

const replaced = (names: readonly string[], slot: number, name: string): string[] =>
  names.map((other, i) => (i === slot ? name : other));

function shiftedIds(context: ForwardContext, by: number): Edit | null {
  const { node, inputs, attributes } = context;
  const positions = (inputs[1]?.shape[0] ?? 0) - 1;
  const ids = inputs[3] as Value;
  const p = patch(context);
  const moved = ids.data.map((x) => Math.min(positions, Math.max(0, x + by)));
  const name = p.constant({ dtype: 'int64', shape: ids.shape, data: BigInt64Array.from(moved, BigInt) });
  return p.edit(p.emit(node.op, replaced(node.inputs, 3, name), attributes));
}

/** Caches of one row a position: turned by one position more, which is the angle between the first two rows. */
function turnedOn(context: ForwardContext, by: number): Edit | null {
  const { node, inputs, attributes } = context;
  const [, cos, sin] = inputs;
  const half = cos?.shape.at(-1) ?? 0;
  if (cos === undefined || sin === undefined || cos.data.length < 2 * half || half === 0) return null;
  const at = ({ data }: Value, row: number, i: number): number => data[row * half + i] as number;
  // cos and sin of the angle from row 0 to row 1, either way.
  const c = Float64Array.from(
    { length: half },
    (_, i) => at(cos, 0, i) * at(cos, 1, i) + at(sin, 0, i) * at(sin, 1, i),
  );
  const s = Float64Array.from(
    { length: half },
    (_, i) => by * (at(cos, 0, i) * at(sin, 1, i) - at(sin, 0, i) * at(cos, 1, i)),
  );
  const p = patch(context);
  const turned = (data: (i: number, k: number) => number): string =>
    p.numbers(
      cos.shape,
      cos.data.map((_, i) => data(i, i % half)),
    );
  const newCos = turned(
    (i, k) => (cos.data[i] as number) * (c[k] as number) - (sin.data[i] as number) * (s[k] as number),
  );
  const newSin = turned(
    (i, k) => (sin.data[i] as number) * (c[k] as number) + (cos.data[i] as number) * (s[k] as number),
  );
  return p.edit(p.emit(node.op, replaced(replaced(node.inputs, 1, newCos), 2, newSin), attributes));
}

/** Written out: Concat(−x[half:], x[:half]) turns halves; a bug turns neighbours there, or the other way. */
function* ofConcat(context: ForwardContext): Iterable<ForwardHypothesis> {
  const x = rotated(context);
  const size = context.outputs[0]?.shape.at(-1) ?? 0;
  const rank = context.outputs[0]?.shape.length ?? 0;
  if (x === null || size < 4 || size % 2 !== 0) return;
  const half = size / 2;
  const variants = [
    {
      claim: 'neighbours (2i, 2i + 1) are paired, the model pairs halves (i, i + size/2)',
      from: (i: number) => (i % 2 === 0 ? i + 1 : i - 1),
      sign: (i: number) => (i % 2 === 0 ? -1 : 1),
    },
    {
      claim: 'every pair is turned the other way: (x[half:], −x[:half])',
      from: (i: number) => (i + half) % size,
      sign: (i: number) => (i < half ? 1 : -1),
    },
    {
      claim: 'halves are swapped without the sign',
      from: (i: number) => (i + half) % size,
      sign: () => 1,
    },
  ];
  for (const { claim, from, sign } of variants) {
    const p = patch(context);
    const places = Array.from({ length: size }, (_, i) => i);
    const moved = p.take(x, places.map(from), rank - 1);
    const signed = p.emit('Mul', [moved, p.numbers([size], places.map(sign))]);
    yield { ...pairing, claim, fix: 'Rotate halves: concatenate −x[half:] and x[:half].', edit: p.edit(signed) };
  }
}

/** The tensor whose halves the Concat swaps: its parts are a negated and a plain part of the same, by Slice or Split. */
function rotated({ node, wiring, attributes, outputs }: ForwardContext): string | null {
  const rank = outputs[0]?.shape.length ?? 0;
  const axis = intAttribute(attributes, 'axis', 0);
  if (node.inputs.length !== 2 || (axis < 0 ? axis + rank : axis) !== rank - 1) return null;
  const [minus, plain] = node.inputs.map((name) => wiring.producer.get(name));
  if (minus?.op !== 'Neg' || plain === undefined) return null;
  const part = wiring.producer.get(minus.inputs[0] as string);
  if (part === undefined || !['Slice', 'Split'].includes(part.op) || !['Slice', 'Split'].includes(plain.op))
    return null;
  return part.inputs[0] === plain.inputs[0] ? (part.inputs[0] as string) : null;
}
