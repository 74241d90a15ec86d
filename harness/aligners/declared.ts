import { closest } from '../closest.ts';
import { LayerdiffError } from '../errors.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';

/** What the user declared: a mapping of the subject's names to the reference's. */
export const declared: Aligner = {
  id: 'declared',
  align({ map, mine, theirs, types }: AlignerContext): readonly Match[] {
    const ours = new Set(mine);
    const open = new Set(theirs);
    const taken = new Map<string, string>();
    for (const [from, to] of map) {
      if (!types.has(to)) throw unknownName(to, [...types.keys()]);
      if (!ours.has(from) || !open.has(to)) continue;
      const other = taken.get(to);
      if (other !== undefined) throw mappedTwice(to, other, from);
      taken.set(to, from);
    }
    return [...taken].map(([to, from]) => ({ mine: from, theirs: to, why: 'declared in the mapping', confidence: 1 }));
  },
};

function mappedTwice(name: string, first: string, second: string): LayerdiffError {
  return new LayerdiffError(
    'E_OPTION',
    `mapping to "${name}"`,
    `both "${first}" and "${second}" lead there, and the trace holds both`,
    'Map one tensor to one.',
  );
}

function unknownName(name: string, known: readonly string[]): LayerdiffError {
  const near = closest(name, known);
  return new LayerdiffError(
    'E_OPTION',
    `mapping to "${name}"`,
    'the reference has no tensor of that name',
    near === null ? 'See "layerdiff inspect" for its names.' : `Did you mean "${near}"?`,
  );
}
