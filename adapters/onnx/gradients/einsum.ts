import { stringAttribute } from '../../../harness/attributes.ts';
import { sameShape } from '../../../harness/shape.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { text } from '../rule.ts';
import type { Equation } from './_equation.ts';
import { LETTERS, parseEquation } from './_equation.ts';
import { adjointOfMove } from './_index.ts';
import { reshape } from './_reshape.ts';

/** A tensor whose axes have letters. */
interface Lettered {
  readonly name: string;
  readonly letters: readonly string[];
}

/**
 * Einstein summation. The gradient of one operand is again a summation: of dY and all other operands, onto the operand's own
 * letters. What remains is an index that only this operand has (it was summed alone: every element gets the same), an index that
 * it has twice (only its diagonal took part), and axes of size 1 that were broadcast.
 */
export const einsum: GradientRule = {
  op: 'Einsum',
  gradient(context) {
    const shapes = context.inputs.map((input) => context.shape(input));
    const equation = parseEquation(stringAttribute(context.attributes, 'equation', ''), shapes, context.node.name);
    const dy = { name: context.cotangents[0] as string, letters: equation.output };
    const operands = context.inputs.map((name, k) => withoutBroadcast(context, name, equation, k));
    return context.inputs.map((_, slot) => {
      if (!context.needs(slot)) return undefined;
      const others = operands.filter((__, k) => k !== slot);
      return gradientOf(context, slot, operands[slot] as Lettered, [dy, ...others], equation);
    });
  },
};

function gradientOf(
  context: GradientContext,
  slot: number,
  own: Lettered,
  others: readonly Lettered[],
  { sizes }: Equation,
): string {
  const shape = context.shape(context.inputs[slot] as string);
  const sizeOf = (letter: string): number => sizes.get(letter) as number;
  const letters = [...new Set(own.letters)];
  const shared = letters.filter((letter) => others.some((other) => other.letters.includes(letter)));
  const sum = summation(context, others, shared);
  const kept = letters.map((letter) => (shared.includes(letter) ? sizeOf(letter) : 1));
  const full = letters.map(sizeOf);
  const whole = sameShape(kept, full) ? sum : context.emit('Expand', [reshape(context, sum, kept), context.ints(full)]);
  if (letters.length === own.letters.length) return sameShape(full, shape) ? whole : reshape(context, whole, shape);
  const dtype = context.dtype(context.inputs[slot] as string);
  const lettered = own.letters.map(sizeOf);
  const move = (positions: string): string => summation(context, [{ name: positions, letters: own.letters }], letters);
  return reshape(context, adjointOfMove(context, whole, lettered, dtype, move), shape);
}

/** Emits an Einsum; the kernel wants at least one letter a term, so that scalars get an axis of their own. */
function summation(context: GradientContext, terms: readonly Lettered[], output: readonly string[]): string {
  const used = new Set([...terms.flatMap((term) => term.letters), ...output]);
  const spare = LETTERS.find((letter) => !used.has(letter)) as string;
  const lettered = terms.map((term) =>
    term.letters.length > 0 ? term : { name: reshape(context, term.name, [1]), letters: [spare] },
  );
  const equation = `${lettered.map((term) => term.letters.join('')).join(',')}->${output.join('')}`;
  return context.emit(
    'Einsum',
    lettered.map((term) => term.name),
    { equation: text(equation) },
  );
}

/** Operand k without its axes of size 1 whose letter is larger elsewhere. */
function withoutBroadcast(context: GradientContext, name: string, equation: Equation, k: number): Lettered {
  const letters = equation.operands[k] as readonly string[];
  const shape = context.shape(name);
  const kept = letters.map((letter, axis) => shape[axis] === equation.sizes.get(letter));
  if (kept.every(Boolean)) return { name, letters };
  return {
    name: reshape(
      context,
      name,
      shape.filter((_, axis) => kept[axis]),
    ),
    letters: letters.filter((_, axis) => kept[axis]),
  };
}
