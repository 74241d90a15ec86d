import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like, misfit } from './_context.ts';
import { seedOf, wants } from './_kit.ts';

/** Rotates pairs (a, b) of each head's elements: (cos·a − sin·b, sin·a + cos·b), by an angle of the position; the rest stays. x [batch, heads, sequence, size] or [batch, sequence, heads·size]. */
export const rotaryEmbedding: Operator = {
  op: 'RotaryEmbedding',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const [cos, sin] = [given(context, inputs, 1).data, given(context, inputs, 2).data];
    const y = x.data.slice();
    forEachPair(context, inputs, (first, second, at) => {
      const [a, b] = [x.data[first]!, x.data[second]!];
      y[first] = round(round(cos[at]! * a) - round(sin[at]! * b));
      y[second] = round(round(sin[at]! * a) + round(cos[at]! * b));
    });
    return [like(x, y)];
  },
  vjp(context) {
    const { inputs } = context;
    const x = given(context, inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy) return [];
    const { round } = context.arithmetic;
    const [cos, sin] = [given(context, inputs, 1), given(context, inputs, 2)];
    const dx = dy.slice();
    const [dcos, dsin] = [new Float64Array(cos.data.length), new Float64Array(sin.data.length)];
    forEachPair(context, inputs, (first, second, at) => {
      const [a, b, da, db] = [x.data[first]!, x.data[second]!, dy[first]!, dy[second]!];
      dx[first] = round(round(cos.data[at]! * da) + round(sin.data[at]! * db));
      dx[second] = round(round(cos.data[at]! * db) - round(sin.data[at]! * da));
      dcos[at] = round(round(dcos[at]! + round(da * a)) + round(db * b));
      dsin[at] = round(round(dsin[at]! - round(da * b)) + round(db * a));
    });
    return [
      wants(context, 0) ? cotangentOf(x, dx) : undefined,
      wants(context, 1) ? cotangentOf(cos, dcos) : undefined,
      wants(context, 2) ? cotangentOf(sin, dsin) : undefined,
    ];
  },
};

/** Visits every pair of elements that turn together, and where their cosine and sine lie: caches [batch, sequence, half], or [positions, half] with `position_ids` [batch, sequence]. */
function forEachPair(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  visit: (first: number, second: number, at: number) => void,
): void {
  const x = given(context, inputs, 0);
  const positions = inputs[3];
  const { attributes } = context;
  const flat = x.shape.length === 3;
  const heads = flat ? intAttribute(attributes, 'num_heads', 0) : x.shape[1]!;
  if (heads === 0) misfit(context, 'num_heads is missing, which an input of rank 3 needs');
  const batch = x.shape[0]!;
  const sequence = x.shape[flat ? 1 : 2]!;
  const size = flat ? x.shape[2]! / heads : x.shape[3]!;
  const half = (intAttribute(attributes, 'rotary_embedding_dim', 0) || size) / 2;
  const interleaved = intAttribute(attributes, 'interleaved', 0) !== 0;
  for (let line = 0; line < batch * sequence * heads; line++) {
    // Lines of `size` elements, as they lie: [batch, sequence, heads] if flat, else [batch, heads, sequence].
    const b = Math.floor(line / (sequence * heads));
    const s = flat ? Math.floor(line / heads) % sequence : line % sequence;
    const position = positions ? positions.data[b * sequence + s]! : b * sequence + s;
    for (let i = 0; i < half; i++) {
      const first = line * size + (interleaved ? 2 * i : i);
      visit(first, first + (interleaved ? 1 : half), position * half + i);
    }
  }
}
