import { diffArrays } from 'diff';
import { dissimilarity, sketchOf } from '../metrics/sketch.ts';
import { isFloat } from '../tensor.ts';
import type { TensorType } from '../types/adapter.ts';
import type { AlignerContext } from '../types/aligner.ts';
import type { Sketch } from '../types/sketch.ts';

/** Above so many cells the cost alignment would take too long: the sequence difference alone decides. */
const MOST_CELLS = 40_000_000;
/** The sequence difference gives up after so long (ms): disjoint sequences take quadratic time. */
const DIFF_TIMEOUT = 3000;
/** Leaving one tensor without a partner costs this; two (one a side) cost more than the worst pair of equal shape. */
export const GAP = 0.55;
/** Below this two sketches hold the same numbers, in whatever layout. */
const SAME = 1e-3;

/** One tensor as the alignment sees it. */
export interface Item {
  readonly name: string;
  readonly key: string;
  readonly sketch: Sketch | null;
}

export type PairOfIndices = readonly [mine: number, theirs: number];
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
