import { sameShape } from '../shape.ts';
import { countDifferent } from '../metrics/exact.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';
import type { TensorSource } from '../types/tensor.ts';

/** The same elements: parameters are given to both sides, so equal numbers (that no other tensor has) are the same parameter. */
export const parameterValue: Aligner = {
  id: 'parameter-value',
  align({ trace, mine, theirs, graph }: AlignerContext): readonly Match[] {
    const parameters = theirs.filter((name) => graph.initializers.has(name));
    const matches: Match[] = [];
    const taken = new Set<string>();
    for (const name of parameters) {
      const wanted = graph.initializers.get(name) as TensorSource;
      const equal = mine.filter((own) => !taken.has(own) && holdsTheSame(trace.values.get(own), wanted));
      const twins = parameters.filter((other) => other !== name && holdsTheSame(graph.initializers.get(other), wanted));
      if (equal.length !== 1 || twins.length > 0) continue;
      taken.add(equal[0] as string);
      matches.push({
        mine: equal[0] as string,
        theirs: name,
        why: 'parameter with the same elements',
        confidence: 0.99,
      });
    }
    return matches;
  },
};

function holdsTheSame(own: TensorSource | undefined, wanted: TensorSource): boolean {
  if (own === undefined || own.dtype !== wanted.dtype || !sameShape(own.shape, wanted.shape)) return false;
  return countDifferent(own.read(), wanted.read()) === 0;
}
