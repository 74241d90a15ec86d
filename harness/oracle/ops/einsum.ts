import { stringAttribute } from '../../attributes.ts';
import { sizeOf, stridesOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like, misfit } from './_context.ts';
import { stridedOffsets } from './_strided.ts';

/** Einstein summation: multiplies what stands at equal indices, and sums over the indices that the result lacks. */
export const einsum: Operator = {
  op: 'Einsum',
  forward: (context, inputs) => {
    const values = inputs.map((_, i) => given(context, inputs, i));
    const { shape, sums, reads } = planOf(context, values);
    const r = context.arithmetic.round;
    const out = new Float64Array(sizeOf(shape));
    for (let o = 0; o < out.length; o++) {
      let total = 0;
      for (let s = 0; s < sums; s++) {
        let term = values[0]!.data[reads[0]!.outer[o]! + reads[0]!.inner[s]!]!;
        for (let k = 1; k < reads.length; k++) {
          term = r(term * values[k]!.data[reads[k]!.outer[o]! + reads[k]!.inner[s]!]!);
        }
        total = r(total + term);
      }
      out[o] = total;
    }
    return [like(values[0]!, out, shape)];
  },
  // The sum is linear in each operand: its cotangent is dY times the other factors, summed where it was read.
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    if (!dy) return [];
    const values = context.inputs.map((_, i) => given(context, context.inputs, i));
    const plan = planOf(context, values);
    return values.map((value, k) => cotangentOf(value, operandCotangent(context, values, plan, k, dy)));
  },
};

function operandCotangent(
  context: OperatorContext,
  values: readonly Value[],
  { sums, reads }: Plan,
  k: number,
  dy: Float64Array,
): Float64Array {
  const r = context.arithmetic.round;
  const dx = new Float64Array(values[k]!.data.length);
  for (let o = 0; o < dy.length; o++) {
    for (let s = 0; s < sums; s++) {
      let term = dy[o]!;
      for (let j = 0; j < reads.length; j++) {
        if (j !== k) term = r(term * values[j]!.data[reads[j]!.outer[o]! + reads[j]!.inner[s]!]!);
      }
      const at = reads[k]!.outer[o]! + reads[k]!.inner[s]!;
      dx[at] = r(dx[at]! + term);
    }
  }
  return dx;
}

/** For result element o and summed index s, operand k is read at outer[o] + inner[s]. */
interface Plan {
  readonly shape: number[];
  readonly sums: number;
  readonly reads: readonly { readonly outer: Int32Array; readonly inner: Int32Array }[];
}

function planOf(context: OperatorContext, values: readonly Value[]): Plan {
  const { terms, result } = parse(context, values);
  const lengths = new Map<string, number>();
  for (const [k, term] of terms.entries()) {
    for (const [axis, letter] of term.entries()) {
      const d = values[k]!.shape[axis]!;
      const known = lengths.get(letter) ?? 1;
      if (known !== 1 && d !== 1 && known !== d) misfit(context, `index "${letter}" is ${known} and ${d} long`);
      lengths.set(letter, known === 1 ? d : known);
    }
  }
  const summed = [...lengths.keys()].filter((letter) => !result.includes(letter));
  const letters = [...result, ...summed];
  const all = letters.map((letter) => lengths.get(letter)!);
  const shape = all.slice(0, result.length);
  const reads = terms.map((term, k) => {
    const own = stridesOf(values[k]!.shape);
    // A letter that a term repeats is its diagonal: the strides add up.
    const strides = letters.map((letter) =>
      term.reduce((sum, l, axis) => (l === letter && values[k]!.shape[axis] !== 1 ? sum + own[axis]! : sum), 0),
    );
    return {
      outer: stridedOffsets(shape, strides),
      inner: stridedOffsets(all.slice(result.length), strides.slice(result.length)),
    };
  });
  return { shape, reads, sums: sizeOf(all.slice(result.length)) };
}

/** Letters of each term and of the result; the axes under an ellipsis get the letters 0, 1, … counted from the last. */
function parse(context: OperatorContext, values: readonly Value[]): { terms: string[][]; result: string[] } {
  const equation = stringAttribute(context.attributes, 'equation', '').replaceAll(' ', '');
  const [left, right] = equation.split('->') as [string, string | undefined];
  const terms = left.split(',').map((term, k) => {
    const hidden = values[k]!.shape.length - named(term).length;
    return spelled(term, term.includes('...') ? hidden : 0);
  });
  const most = Math.max(0, ...terms.map((term) => term.filter((l) => /\d/.test(l)).length));
  if (right !== undefined) return { terms, result: spelled(right, most) };
  // Without an arrow: the ellipsis, then the letters that occur once, in alphabetical order.
  const once = [...new Set(named(left))].filter((l) => /[a-z]/i.test(l) && left.split(l).length === 2).toSorted();
  return { terms, result: [...spelled('...', most), ...once] };
}

function spelled(term: string, hidden: number): string[] {
  const axes = Array.from({ length: hidden }, (_, i) => String(hidden - 1 - i));
  const [before, after] = term.split('...') as [string, string | undefined];
  return after === undefined ? [...before] : [...before, ...axes, ...after];
}

const named = (term: string): string => term.replace('...', '');
