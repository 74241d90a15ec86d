import { intAttribute } from '../../attributes.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { cotangentOf, given, like, misfit } from './_context.ts';
import { seedOf, wants } from './_kit.ts';

/** Where a form of the operator has its inputs. */
interface Places {
  readonly cos: number;
  readonly sin: number;
  readonly positions: number;
}

/** Rotates pairs (a, b) of each head's elements: (cos·a − sin·b, sin·a + cos·b), by an angle of the position; the rest stays. x [batch, heads, sequence, size] or [batch, sequence, heads·size]. */
export const rotaryEmbedding: Operator = rotation('RotaryEmbedding', '', { cos: 1, sin: 2, positions: 3 });

/** The same before it was standard: inputs x, positions (for each element, or the first's alone), cosines, sines. */
export const microsoftRotaryEmbedding: Operator = rotation('RotaryEmbedding', 'com.microsoft', {
  cos: 2,
  sin: 3,
  positions: 1,
});

function rotation(op: string, domain: string, places: Places): Operator {
  return {
    op,
    domain,
    forward(context, inputs) {
      const x = given(context, inputs, 0);
      const { round } = context.arithmetic;
      const [cos, sin] = [given(context, inputs, places.cos).data, given(context, inputs, places.sin).data];
      const y = x.data.slice();
      forEachPair(context, inputs, places, (first, second, at) => {
        const [a, b] = [x.data[first]!, x.data[second]!];
        y[first] = round(round(cos[at]! * a) - round(sin[at]! * b));
        y[second] = round(round(sin[at]! * a) + round(cos[at]! * b));
      });
      return [like(x, y)];
    },
    vjp: (context) => rotationBack(context, places),
  };
}

function rotationBack(context: VjpContext, places: Places): (Cotangent | undefined)[] {
  const { inputs } = context;
  const x = given(context, inputs, 0);
  const dy = seedOf(context, 0);
  if (!dy) return [];
  const { round } = context.arithmetic;
  const [cos, sin] = [given(context, inputs, places.cos).data, given(context, inputs, places.sin).data];
  const dx = dy.slice();
  const [dcos, dsin] = [new Float64Array(cos.length), new Float64Array(sin.length)];
  forEachPair(context, inputs, places, (first, second, at) => {
    const [a, b, da, db] = [x.data[first]!, x.data[second]!, dy[first]!, dy[second]!];
    dx[first] = round(round(cos[at]! * da) + round(sin[at]! * db));
    dx[second] = round(round(cos[at]! * db) - round(sin[at]! * da));
    dcos[at] = round(round(dcos[at]! + round(da * a)) + round(db * b));
    dsin[at] = round(round(dsin[at]! - round(da * b)) + round(db * a));
  });
  return inputs.map((input, i) => {
    const data = i === 0 ? dx : i === places.cos ? dcos : i === places.sin ? dsin : undefined;
    return input && data && wants(context, i) ? cotangentOf(input, data) : undefined;
  });
}

/** Visits every pair of elements that turn together, and where their cosine and sine lie: caches [batch, sequence, half], or [positions, half] with `position_ids` [batch, sequence]. */
function forEachPair(
  context: OperatorContext,
  inputs: readonly (Value | undefined)[],
  places: Places,
  visit: (first: number, second: number, at: number) => void,
): void {
  const x = given(context, inputs, 0);
  const positions = inputs[places.positions];
  const { attributes } = context;
  const flat = x.shape.length === 3;
  const heads = flat ? intAttribute(attributes, 'num_heads', 0) : x.shape[1]!;
  if (heads === 0) misfit(context, 'num_heads is missing, which an input of rank 3 needs');
  const batch = x.shape[0]!;
  const sequence = x.shape[flat ? 1 : 2]!;
  const size = flat ? x.shape[2]! / heads : x.shape[3]!;
  const half = (intAttribute(attributes, 'rotary_embedding_dim', 0) || size) / 2;
  const positionOf = (element: number, s: number): number => {
    if (!positions) return element;
    return positions.data.length === 1 ? positions.data[0]! + s : positions.data[element]!;
  };
  const interleaved = intAttribute(attributes, 'interleaved', 0) !== 0;
  for (let line = 0; line < batch * sequence * heads; line++) {
    // Lines of `size` elements, as they lie: [batch, sequence, heads] if flat, else [batch, heads, sequence].
    const b = Math.floor(line / (sequence * heads));
    const s = flat ? Math.floor(line / heads) % sequence : line % sequence;
    const position = positionOf(b * sequence + s, s);
    for (let i = 0; i < half; i++) {
      const first = line * size + (interleaved ? 2 * i : i);
      visit(first, first + (interleaved ? 1 : half), position * half + i);
    }
  }
}
