import { sameShape } from '../shape.ts';
import { countDifferent } from '../metrics/exact.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';
import type { TensorSource } from '../types/tensor.ts';

/** The same elements: parameters are given to both sides, so equal numbers (that no other tensor has) are the same parameter. */
export const parameterValue: Aligner = {
  id: 'parameter-value',
  align({ trace, mine, theirs, graph }: AlignerContext): readonly Match[] {
    const wanted = theirs.flatMap((name) => named(name, graph.initializers.get(name)));
    const shapes = new Set(wanted.map(({ source }) => shapeOf(source)));
    const own = mine
      .flatMap((name) => named(name, trace.values.get(name)))
      .filter(({ source }) => shapes.has(shapeOf(source)));
    const [ours, others] = [byOutline(own), byOutline(wanted)];
    const matches: Match[] = [];
    for (const [outline, parameters] of others) {
      const candidates = ours.get(outline) ?? [];
      for (const one of parameters) {
        if (parameters.some((other) => other !== one && holdsTheSame(other.source, one.source))) continue;
        const equal = candidates.filter(({ source }) => holdsTheSame(source, one.source));
        const [only] = equal;
        if (only === undefined || equal.length > 1) continue;
        matches.push({ mine: only.name, theirs: one.name, why: 'parameter with the same elements', confidence: 0.99 });
      }
    }
    return matches;
  },
};

interface Named {
  readonly name: string;
  readonly source: TensorSource;
}

const named = (name: string, source: TensorSource | undefined): Named[] =>
  source === undefined ? [] : [{ name, source }];

const shapeOf = ({ dtype, shape }: TensorSource): string => `${dtype} ${shape.join('x')}`;

/** So many elements tell at once that most tensors are different: a deep network has thousands of each shape. */
const OUTLINE = 16;

function byOutline(tensors: readonly Named[]): ReadonlyMap<string, readonly Named[]> {
  const groups = new Map<string, Named[]>();
  for (const one of tensors) {
    const key = outlineOf(one.source);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [one]);
    else known.push(one);
  }
  return groups;
}

function outlineOf(source: TensorSource): string {
  const { data } = source.read();
  const step = Math.max(1, Math.floor(data.length / OUTLINE));
  const seen: string[] = [];
  // 0 and -0 are one number, as they are to whoever compares.
  for (let i = 0; i < data.length && seen.length < OUTLINE; i += step) seen.push(data[i] === 0 ? '0' : String(data[i]));
  return `${shapeOf(source)} ${seen.join()}`;
}

function holdsTheSame(own: TensorSource, wanted: TensorSource): boolean {
  if (own.dtype !== wanted.dtype || !sameShape(own.shape, wanted.shape)) return false;
  return countDifferent(own.read(), wanted.read()) === 0;
}
