import type { AlignerContext, Match } from '../types/aligner.ts';
import { cost, isSame, type Item, itemsOfMine, itemsOfTheirs } from './sequence.ts';

/** So many names that lead to other numbers than the tensor's own show that both sides count otherwise. */
const SEVERAL = 2;

/**
 * Matches of similar names that the numbers speak against: `relu_1` may be the second ReLU on one side, and the second recorded one on the other.
 * A bug makes a tensor unlike its partner, but not the same as another that nothing else is. One such pair of another shape is enough, else several;
 * then no name counts any more whose values are not its partner's.
 */
export function contradicted(matches: readonly Match[], context: AlignerContext): readonly Match[] {
  const own = byName(itemsOfMine({ ...context, mine: matches.map(({ mine }) => mine) }));
  const theirs = itemsOfTheirs(context);
  const others = byName(theirs);
  const claimed = new Set<string>();
  const open: { match: Match; own: Item; partner: Item }[] = [];
  for (const match of matches) {
    const [a, b] = [own.get(match.mine), others.get(match.theirs)];
    if (a === undefined || b === undefined) continue;
    if (isSame(a, b)) claimed.add(b.name);
    else open.push({ match, own: a, partner: b });
  }
  const against = open.filter(({ own: a }) => theirs.some((b) => !claimed.has(b.name) && tells(b) && isSame(a, b)));
  const sure = against.some(({ own: a, partner }) => cost(a, partner) === Number.POSITIVE_INFINITY);
  if (sure || against.length >= SEVERAL) return open.map(({ match }) => match);
  // A constant of whole numbers is a shape or an axis of the model's own: with another's nothing could run.
  const constants = new Set(context.graph.nodes.flatMap(({ op, outputs }) => (op === 'Constant' ? outputs : [])));
  return open
    .filter(({ partner }) => partner.key.startsWith('i') && constants.has(partner.name))
    .map(({ match }) => match);
}

const byName = (items: readonly Item[]): ReadonlyMap<string, Item> => new Map(items.map((one) => [one.name, one]));

/** Zeros are like many others. */
const tells = ({ sketch }: Item): boolean => sketch !== null && sketch.rms > 0;
