import { isSame, type Item, type PairOfIndices } from './sequence.ts';

/** So many tensors that are the same and nothing else show an order; fewer may stand so by chance. */
const FEWEST = 4;
/** A smaller part of them in one order means that the file's order is none of execution. */
const IN_ORDER = 0.6;

/** Of more pairs than this to look at, order is taken as it is. */
const MOST_CELLS = 4_000_000;

/**
 * The pairs of tensors that are the same as one of the other side and as no other, where they show that one side is in no order of execution;
 * null where it is, or where it cannot be told.
 */
export function pairsOfShuffled(mine: readonly Item[], theirs: readonly Item[]): readonly PairOfIndices[] | null {
  if (mine.length * theirs.length > MOST_CELLS) return null;
  const byKey = new Map<string, { item: Item; j: number }[]>();
  theirs.forEach((item, j) => {
    const known = byKey.get(item.key);
    if (known === undefined) byKey.set(item.key, [{ item, j }]);
    else known.push({ item, j });
  });
  const found = mine.map((own) => (byKey.get(own.key) ?? []).filter(({ item }) => isSame(own, item)));
  const claims = new Map<number, number>();
  for (const list of found) for (const { j } of list) claims.set(j, (claims.get(j) ?? 0) + 1);
  const pairs = found.flatMap((list, i): PairOfIndices[] => {
    const [only] = list;
    return only !== undefined && list.length === 1 && claims.get(only.j) === 1 ? [[i, only.j]] : [];
  });
  const inOrder = longestRising(pairs.map(([, j]) => j));
  return pairs.length >= FEWEST && inOrder < IN_ORDER * pairs.length ? pairs : null;
}

/** Length of the longest rising sub-sequence. */
function longestRising(numbers: readonly number[]): number {
  const ends: number[] = [];
  for (const n of numbers) {
    const at = ends.findIndex((end) => end >= n);
    ends[at < 0 ? ends.length : at] = n;
  }
  return ends.length;
}
