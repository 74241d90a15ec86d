import { LayerdiffError } from '../../../harness/errors.ts';
import type { Shape } from '../../../harness/types/tensor.ts';

/** An Einsum equation in which every axis of every term has one letter, those of the ellipsis too. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly output: readonly string[];
  /** Length of the axis of each letter, after broadcasting. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** Letters that an equation may use. */
export const LETTERS: readonly string[] = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];

/** Reads `ij,jk->ik`, with `...` and without an arrow too. Throws E_MODEL where a term does not fit its operand's rank. */
export function parseEquation(equation: string, shapes: readonly Shape[], place: string): Equation {
  const [left = '', right] = equation.replace(/\s/g, '').split('->');
  const terms = left.split(',');
  const hidden = terms.map((term, k) => (shapes[k]?.length ?? 0) - term.replace('...', '').length);
  const spare = LETTERS.filter((letter) => !equation.includes(letter));
  const ellipsis = spare.slice(0, Math.max(0, ...hidden));
  const operands = terms.map((term, k) => spread(term, ellipsis.slice(ellipsis.length - (hidden[k] as number))));
  const fits = operands.every((letters, k) => letters.length === shapes[k]?.length) && terms.length === shapes.length;
  if (!fits)
    throw new LayerdiffError('E_MODEL', place, `"${equation}" does not fit its operands`, 'Correct the model.');
  const output = right === undefined ? implicitOutput(operands, ellipsis) : spread(right, ellipsis);
  return { operands, output, sizes: sizesOf(operands, shapes) };
}

function spread(term: string, ellipsis: readonly string[]): string[] {
  const [before = '', after] = term.split('...');
  return after === undefined ? [...before] : [...before, ...ellipsis, ...after];
}

/** Without an arrow: the ellipsis, then every letter that stands once, in alphabetical order. */
function implicitOutput(operands: readonly (readonly string[])[], ellipsis: readonly string[]): string[] {
  const all = operands.flat().filter((letter) => !ellipsis.includes(letter));
  const once = all.filter((letter) => all.indexOf(letter) === all.lastIndexOf(letter));
  return [...ellipsis, ...once.toSorted()];
}

function sizesOf(operands: readonly (readonly string[])[], shapes: readonly Shape[]): Map<string, number> {
  const sizes = new Map<string, number>();
  operands.forEach((letters, k) => {
    letters.forEach((letter, axis) => {
      const size = shapes[k]?.[axis] as number;
      const known = sizes.get(letter);
      if (known === undefined || known === 1) sizes.set(letter, size);
    });
  });
  return sizes;
}
