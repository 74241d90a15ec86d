import { diffArrays } from 'diff';
import { dissimilarity, sampleDistance, sketchOf } from '../metrics/sketch.ts';
import { uniform } from '../numerics/random.ts';
import { isFloat } from '../tensor.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';
import type { TensorType } from '../types/adapter.ts';
import type { Sketch } from '../types/sketch.ts';

/** Above so many cells the cost alignment would take too long: the sequence difference alone decides. */
const MOST_CELLS = 40_000_000;
/** The sequence difference gives up after so long (ms): disjoint sequences take quadratic time. */
const DIFF_TIMEOUT = 3000;
/** Leaving one tensor without a partner costs this; two (one a side) cost more than the worst pair of equal shape. */
const GAP = 0.55;
/** Below this two sketches hold the same numbers but for rounding. */
const ALIKE = 0.02;
/** Relative distance of elements below which they are the same numbers but for rounding, whatever else is known. */
const EQUAL = 1e-4;
/** A pair whose values differ is believed where it stands in an unbroken run of at least so many. */
const RUN = 3;

/** One tensor as the alignment sees it. */
export interface Item {
  readonly name: string;
  readonly key: string;
  readonly sketch: Sketch | null;
}

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
    const pairs = pairUp(mine, theirs);
    return believed(pairs, mine, theirs, isMoreThanChance(pairs, mine, theirs));
  },
};

/** What the subject computed, in order. */
export const itemsOfMine = ({ mine, trace, sketches }: AlignerContext): readonly Item[] =>
  mine.flatMap((name) => {
    const source = trace.values.get(name);
    return source === undefined ? [] : [item(name, source, sketches === null ? null : sketchOf(source.read()))];
  });

/** What the reference computes, in order. */
export const itemsOfTheirs = ({ theirs, graph, types, sketches }: AlignerContext): readonly Item[] =>
  theirs.flatMap((name) => {
    const type = types.get(name);
    return type === undefined || graph.initializers.has(name) ? [] : [item(name, type, sketches?.get(name) ?? null)];
  });

/** Axes may be in another order, so the key has the sizes sorted. */
function item(name: string, { dtype, shape }: TensorType, sketch: Sketch | null): Item {
  return { name, key: `${isFloat(dtype) ? 'f' : 'i'}${[...shape].sort((a, b) => a - b).join('x')}`, sketch };
}

export type PairOfIndices = readonly [mine: number, theirs: number];

/** The likeliest alignment of two sequences. */
export function pairUp(mine: readonly Item[], theirs: readonly Item[]): readonly PairOfIndices[] {
  if (mine.length === theirs.length && mine.every((own, i) => own.key === theirs[i]?.key))
    return mine.map((_, i) => [i, i]);
  if (mine.length * theirs.length <= MOST_CELLS) return byCost(mine, theirs);
  return bySequence(mine, theirs);
}

/** Needleman and Wunsch's alignment: least sum of dissimilarities and gaps; only equal keys may pair. */
function byCost(mine: readonly Item[], theirs: readonly Item[]): readonly PairOfIndices[] {
  const width = theirs.length + 1;
  const move = new Uint8Array((mine.length + 1) * width); // 1: pair, 2: skip mine, 3: skip theirs
  let previous = Float64Array.from({ length: width }, (_, j) => j * GAP);
  move.fill(3, 1, width);
  for (let i = 1; i <= mine.length; i++) {
    const row = new Float64Array(width);
    row[0] = i * GAP;
    move[i * width] = 2;
    for (let j = 1; j < width; j++) {
      const pair = (previous[j - 1] as number) + cost(mine[i - 1] as Item, theirs[j - 1] as Item);
      const skipMine = (previous[j] as number) + GAP;
      const skipTheirs = (row[j - 1] as number) + GAP;
      const least = Math.min(pair, skipMine, skipTheirs);
      row[j] = least;
      move[i * width + j] = least === pair ? 1 : least === skipMine ? 2 : 3;
    }
    previous = row;
  }
  return traceBack(move, mine.length, theirs.length, width);
}

function traceBack(move: Uint8Array, rows: number, columns: number, width: number): readonly PairOfIndices[] {
  const pairs: PairOfIndices[] = [];
  let i = rows;
  let j = columns;
  while (i > 0 || j > 0) {
    const step = move[i * width + j];
    if (step === 1) pairs.push([--i, --j]);
    else if (step === 2) i--;
    else j--;
  }
  return pairs.reverse();
}

/** How unlike two tensors are, from 0 to 1; infinite where their shapes differ. */
export function cost(own: Item, other: Item): number {
  if (own.key !== other.key) return Number.POSITIVE_INFINITY;
  if (own.sketch === null || other.sketch === null) return 0;
  return dissimilarity(own.sketch, other.sketch);
}

/** Below this two sketches hold the same numbers, in whatever layout. */
const SAME = 1e-3;
/** The same numbers, so far as sketches tell. */
export const isSame = (a: Item, b: Item): boolean => a.sketch !== null && b.sketch !== null && cost(a, b) <= SAME;

/** For very long sequences: the longest common subsequence of keys. Nothing where it takes too long. */
function bySequence(mine: readonly Item[], theirs: readonly Item[]): readonly PairOfIndices[] {
  const changes = diffArrays(
    mine.map((own) => own.key),
    theirs.map((other) => other.key),
    { timeout: DIFF_TIMEOUT },
  );
  const pairs: PairOfIndices[] = [];
  let i = 0;
  let j = 0;
  for (const { added, removed, value } of changes ?? []) {
    if (added !== true && removed !== true) for (let k = 0; k < value.length; k++) pairs.push([i + k, j + k]);
    if (added !== true) i += value.length;
    if (removed !== true) j += value.length;
  }
  return pairs;
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
    const long = (runs && end - start >= RUN) || end - start === Math.max(mine.length, theirs.length);
    for (const [i, j] of pairs.slice(start, end)) {
      const own = mine[i] as Item;
      const other = theirs[j] as Item;
      const alike = isAlike(own, other);
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
