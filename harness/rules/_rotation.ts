import { intAttribute } from '../attributes.ts';
import type { Wiring } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { RuleContext } from '../types/rule.ts';

/** A rotation by position as exporters write it: x · cos + turned(x) · sin. All are tensor names. */
export interface Rotation {
  readonly x: string;
  readonly turned: string;
  readonly cos: string;
  readonly sin: string;
}

/** The tensor whose halves a Concat swaps: its parts are a negated and a plain part of the same, by Slice or Split; null for another. */
export function swapped(wiring: Wiring, concat: string): string | null {
  const node = wiring.producer.get(concat);
  if (node?.op !== 'Concat' || node.inputs.length !== 2) return null;
  const [minus, plain] = node.inputs.map((name) => wiring.producer.get(name));
  if (minus?.op !== 'Neg' || plain === undefined) return null;
  const part = wiring.producer.get(minus.inputs[0] as string);
  const cuts = ['Slice', 'Split'];
  if (part === undefined || !cuts.includes(part.op) || !cuts.includes(plain.op)) return null;
  const axis = intAttribute(node.attributes, 'axis', -1);
  return axis !== 0 && part.inputs[0] === plain.inputs[0] ? (part.inputs[0] as string) : null;
}

/** The rotation that ends in this sum, or null. */
export function rotationAt(wiring: Wiring, sum: readonly string[]): Rotation | null {
  for (const [first, second] of [sum, sum.toReversed()]) {
    const [along, across] = [wiring.producer.get(first as string), wiring.producer.get(second as string)];
    if (along?.op !== 'Mul' || across?.op !== 'Mul') continue;
    for (const [turned, sin] of [across.inputs, across.inputs.toReversed()]) {
      const x = swapped(wiring, turned as string);
      const cos = x === null ? undefined : along.inputs.find((name) => name !== x);
      if (x === null || cos === undefined || !along.inputs.includes(x)) continue;
      return { x, turned: turned as string, cos, sin: sin as string };
    }
  }
  return null;
}

/** Cosine and sine of every position, and of the position `by` further: turned by the angle between the first two rows. Null where the tables are not known. */
export function turnedBy(
  { value }: Pick<RuleContext, 'value'>,
  { cos, sin }: Rotation,
  by: 1 | -1,
): { readonly shape: Value['shape']; readonly cos: Float64Array; readonly sin: Float64Array } | null {
  const [c, s] = [value(cos), value(sin)];
  const size = c?.shape.at(-1) ?? 0;
  if (c === null || s === null || size === 0 || c.data.length < 2 * size || s.data.length !== c.data.length)
    return null;
  const step = Array.from({ length: size }, (_, i) => {
    const [c0, c1, s0, s1] = [c.data[i], c.data[size + i], s.data[i], s.data[size + i]] as [
      number,
      number,
      number,
      number,
    ];
    return [c0 * c1 + s0 * s1, by * (c0 * s1 - s0 * c1)] as const;
  });
  const moved = (f: (c: number, s: number, cStep: number, sStep: number) => number): Float64Array =>
    c.data.map((x, i) => f(x, s.data[i] as number, ...(step[i % size] as readonly [number, number])));
  return {
    shape: c.shape,
    cos: moved((x, y, a, b) => x * a - y * b),
    sin: moved((x, y, a, b) => y * a + x * b),
  };
}
