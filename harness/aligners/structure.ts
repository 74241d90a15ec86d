import { sampleDistance } from '../metrics/sketch.ts';
import { uniform } from '../numerics/random.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';
import { cost, GAP, isSame, type Item, itemsOfMine, itemsOfTheirs, type PairOfIndices, pairUp } from './sequence.ts';
import { pairsOfShuffled } from './shuffled.ts';

/** Below this two sketches hold the same numbers but for rounding. */
const ALIKE = 0.02;
/** Relative distance of elements below which they are the same numbers but for rounding, whatever else is known. */
const EQUAL = 1e-4;
/** A pair whose values differ is believed where it stands in an unbroken run of at least so many. */
const RUN = 3;

/**
 * Order of execution: the sequences of both sides, aligned so that shapes agree and values are as alike as they can be.
 * A bug changes values from its layer on, so a pair is also believed for its place in an unbroken run.
 */
export const structure: Aligner = {
  id: 'structure',
  align(context: AlignerContext): readonly Match[] {
    const mine = itemsOfMine(context);
    const theirs = itemsOfTheirs(context);
    if (mine.length === 0 || theirs.length === 0) return [];
    const shuffled = pairsOfShuffled(mine, theirs);
    return shuffled === null ? inOrder(mine, theirs) : outOfOrder(shuffled, mine, theirs);
  },
};

function inOrder(mine: readonly Item[], theirs: readonly Item[]): readonly Match[] {
  const pairs = pairUp(mine, theirs);
  return believed(pairs, mine, theirs, isMoreThanChance(pairs, mine, theirs));
}

/** Of a file in no order: what is the same as one tensor only; and, as a bug must show, the likeliest for what is like nothing. */
function outOfOrder(known: readonly PairOfIndices[], mine: readonly Item[], theirs: readonly Item[]): readonly Match[] {
  const [ours, others] = [new Set(known.map(([i]) => i)), new Set(known.map(([, j]) => j))];
  const left = theirs.filter((_, j) => !others.has(j));
  const strange = mine.filter((own, i) => !ours.has(i) && !theirs.some((other) => isSame(own, other)));
  const matches = known.map(([i, j]) => ({
    mine: (mine[i] as Item).name,
    theirs: (theirs[j] as Item).name,
    why: 'same shape, same values as no other',
    confidence: 0.9,
  }));
  return [...matches, ...(strange.length === 0 ? [] : inOrder(strange, left))];
}

/** So large a part of the pairs with alike values shows by itself that the two are the same network. */
const ANCHORED = 0.1;
/** An alignment is more than chance where it gains so many times what the same tensors in a random order do. */
const ABOVE_CHANCE = 1.3;

/**
 * Whether two sequences are of the same network at all. Few shapes that alternate fall into long runs by chance, in quite different networks too;
 * so where hardly any values are alike, the same tensors in a random order are aligned, to see what chance gains.
 */
function isMoreThanChance(pairs: readonly PairOfIndices[], mine: readonly Item[], theirs: readonly Item[]): boolean {
  if (pairs.length === Math.max(mine.length, theirs.length)) return true;
  if (Math.min(mine.length, theirs.length) < ENOUGH) return true;
  const alike = pairs.filter(([i, j]) => isAlike(mine[i] as Item, theirs[j] as Item)).length;
  if (alike > ANCHORED * pairs.length) return true;
  const shuffled = inRandomOrder(mine);
  return gain(pairs, mine, theirs) >= ABOVE_CHANCE * gain(pairUp(shuffled, theirs), shuffled, theirs);
}

/** Of fewer tensors chance says little. */
const ENOUGH = 30;

/** What an alignment saves over pairing nothing. */
const gain = (pairs: readonly PairOfIndices[], mine: readonly Item[], theirs: readonly Item[]): number =>
  pairs.reduce((sum, [i, j]) => sum + Math.max(0, 2 * GAP - cost(mine[i] as Item, theirs[j] as Item)), 0);

function inRandomOrder(items: readonly Item[]): readonly Item[] {
  const random = uniform(1);
  return items
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

const isAlike = (own: Item, other: Item): boolean =>
  own.sketch !== null && other.sketch !== null && cost(own, other) <= ALIKE;

/** Equal element by element, so far as was sampled: what is left to go by where the sequences say nothing. */
function isEqual(own: Item, other: Item): boolean {
  if (own.sketch === null || other.sketch === null || !isAlike(own, other)) return false;
  const { samples } = own.sketch;
  if (samples.length !== other.sketch.samples.length || other.sketch.rms === 0) return false;
  const at = new Map([...other.sketch.offsets].map((offset, k) => [offset, samples[k] as number]));
  return sampleDistance(other.sketch, (offset) => at.get(offset) ?? Number.NaN) <= EQUAL;
}

/**
 * Keeps the pairs that something speaks for: alike values, or an unbroken run, or both sequences as a whole. `runs`: whether runs count.
 */
function believed(
  pairs: readonly PairOfIndices[],
  mine: readonly Item[],
  theirs: readonly Item[],
  runs: boolean,
): readonly Match[] {
  const matches: Match[] = [];
  const isOnly = onlyOnes(pairs, mine, theirs);
  for (let start = 0; start < pairs.length; ) {
    let end = start + 1;
    while (end < pairs.length && follows(pairs[end - 1] as PairOfIndices, pairs[end] as PairOfIndices)) end++;
    const whole = end - start === Math.max(mine.length, theirs.length);
    const long = (runs && end - start >= RUN) || whole;
    for (const [i, j] of pairs.slice(start, end)) {
      const own = mine[i] as Item;
      const other = theirs[j] as Item;
      const alike = isAlike(own, other);
      // Whole numbers that are others may be the shapes and indices of another place: nothing could run on them.
      if (!alike && !whole && !own.key.startsWith('f')) continue;
      const only = !alike && !long && isOnly(i);
      if (runs ? !alike && !long && !only : !isEqual(own, other)) continue;
      const why = alike
        ? 'same place in the order of execution, same shape, same values'
        : only
          ? 'the only tensor of its shape between two that are known'
          : `same shape and same place in an unbroken run of ${end - start} tensors`;
      matches.push({ mine: own.name, theirs: other.name, why, confidence: alike ? 0.9 : 0.7 });
    }
    start = end;
  }
  return matches;
}

/** Whether the pair of `i` is of the only two tensors of their shape between the pairs with alike values around it, one of which comes before. */
function onlyOnes(
  pairs: readonly PairOfIndices[],
  mine: readonly Item[],
  theirs: readonly Item[],
): (i: number) => boolean {
  const alike = pairs.filter(([i, j]) => isAlike(mine[i] as Item, theirs[j] as Item));
  const count = (items: readonly Item[], key: string, from: number, to: number): number =>
    items.slice(from + 1, to).filter((one) => one.key === key).length;
  return (i) => {
    const before = alike.findLast(([k]) => k < i);
    if (before === undefined) return false;
    const after = alike.find(([k]) => k > i) ?? [mine.length, theirs.length];
    const { key } = mine[i] as Item;
    return count(mine, key, before[0], after[0]) === 1 && count(theirs, key, before[1], after[1]) === 1;
  };
}

const follows = ([i, j]: PairOfIndices, [k, l]: PairOfIndices): boolean => k === i + 1 && l === j + 1;
