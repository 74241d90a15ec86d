import type { AlignerContext, Match } from '../types/aligner.ts';
import type { Sketch } from '../types/sketch.ts';
import type { TensorSource } from '../types/tensor.ts';
import { pairsOfShuffled } from './shuffled.ts';
import { cost, isSame, type Item, itemsOfMine, itemsOfTheirs, pairUp, type PairOfIndices } from './sequence.ts';

/** What following needs besides the question. */
export interface FollowTools {
  /** The subject's values of the pairs in `cut`, in the reference's layout, given what else is known to belong together. */
  readonly valuesOf: (
    cut: readonly Match[],
    known: readonly Match[],
    sketches: ReadonlyMap<string, Sketch>,
  ) => ReadonlyMap<string, TensorSource> | null;
  /** The reference once more, with these values in the place of its own; null where it cannot run with them. */
  readonly replay: (values: ReadonlyMap<string, TensorSource>) => Promise<ReadonlyMap<string, Sketch> | null>;
}

/** Which wrong tensors are which, and what the reference computes on their values. */
export interface Followed {
  readonly matches: readonly Match[];
  readonly sketches: ReadonlyMap<string, Sketch>;
}

/** So many partners are tried for one tensor, the likeliest first. */
const TRIES = 8;
/** A partner with which so many further tensors become the same is taken at once. */
const ENOUGH = 2;

/**
 * A bug changes every value behind it, so that nothing there can be told by its numbers. But what the reference makes of the wrong value can: the
 * first tensor that is like none is taken for one that it may be, the reference is run on with its value, and where what follows is then the same,
 * that is what it was. So one bug after another is passed, however few tensors are recorded.
 */
export async function follow(context: AlignerContext, tools: FollowTools): Promise<Followed> {
  let sketches = context.sketches ?? new Map<string, Sketch>();
  const mine = itemsOfMine(context);
  const look = (at: ReadonlyMap<string, Sketch>) => outlook(mine, itemsOfTheirs({ ...context, sketches: at }), taken);
  const taken = new Map<string, string>();
  const passed = new Set<string>();
  let now = look(sketches);
  let left = replaysFor(mine, now.theirs);
  for (let i = now.firstOpen(passed); i !== null && left > 0; i = now.firstOpen(passed)) {
    const own = mine[i] as Item;
    passed.add(own.name);
    let best: { gain: number; theirs: string; sketches: ReadonlyMap<string, Sketch> } | null = null;
    const wanted = Math.min(ENOUGH, now.openAfter(i));
    if (wanted === 0) break;
    for (const theirs of now.candidates(i).slice(0, Math.min(TRIES, left))) {
      const cut = [...taken, [own.name, theirs] as const].map(([a, b]) => matchOf(a, b));
      const values = tools.valuesOf(cut, now.known(), sketches);
      const answer = values === null ? null : await tools.replay(values);
      left--;
      if (answer === null) continue;
      const gain = look(answer).sameAfter(i) - now.sameAfter(i);
      if (gain > (best?.gain ?? 0)) best = { gain, theirs, sketches: answer };
      if (gain >= wanted) break;
    }
    if (best === null) continue;
    taken.set(own.name, best.theirs);
    ({ sketches } = best);
    now = look(sketches);
  }
  return { matches: [...taken].map(([a, b]) => matchOf(a, b)), sketches };
}

const matchOf = (mine: string, theirs: string): Match => ({
  mine,
  theirs,
  why: 'what follows is the same once the reference goes on with its value',
  confidence: 0.85,
});

/** How often the reference may be run: a few times where it is deep or large. Nothing is followed where the sequences agree as a whole. */
function replaysFor(mine: readonly Item[], theirs: readonly Item[]): number {
  if (mine.length === 0 || pairsOfShuffled(mine, theirs) !== null) return 0;
  if (pairUp(mine, theirs).length === Math.max(mine.length, theirs.length)) return 0;
  const elements = theirs.reduce((sum, { sketch }) => sum + (sketch?.shape.reduce((n, d) => n * d, 1) ?? 0), 1);
  const cells = mine.length * theirs.length + 1;
  return Math.floor(Math.min(MOST.replays, MOST.tensors / theirs.length, MOST.elements / elements, MOST.cells / cells));
}

const MOST = { replays: 80, tensors: 12_000, elements: 2e8, cells: 2e7 };

/** Two sequences side by side, and what is the same in them. */
function outlook(mine: readonly Item[], theirs: readonly Item[], taken: ReadonlyMap<string, string>) {
  const place = new Map(theirs.map(({ name }, j) => [name, j]));
  const free = { mine: mine.filter(({ name }) => !taken.has(name)), theirs: without(theirs, new Set(taken.values())) };
  const own = new Map(mine.map(({ name }, i) => [name, i]));
  const same = new Map<number, number>();
  for (const [a, b] of pairUp(free.mine, free.theirs)) {
    const [x, y] = [free.mine[a] as Item, free.theirs[b] as Item];
    if (isSame(x, y)) same.set(own.get(x.name) as number, place.get(y.name) as number);
  }
  const anchors: PairOfIndices[] = [
    ...[...same].filter(([, j]) => isUnique(theirs, j)),
    ...[...taken].map(([a, b]): PairOfIndices => [own.get(a) as number, place.get(b) as number]),
  ];
  const isOpen = (i: number): boolean => !same.has(i) && !taken.has((mine[i] as Item).name);
  return {
    theirs,
    known: () => [...same].map(([i, j]) => matchOf((mine[i] as Item).name, (theirs[j] as Item).name)),
    sameAfter: (i: number) => [...same.keys()].filter((k) => k > i).length,
    openAfter: (i: number) => mine.filter((_, k) => k > i && isOpen(k)).length,
    firstOpen(passed: ReadonlySet<string>): number | null {
      const found = mine.findIndex(({ name, key }, i) => key.startsWith('f') && isOpen(i) && !passed.has(name));
      return found < 0 ? null : found;
    },
    /** Names that it may be: of its shape, between what is known before it and behind it; the likeliest first. */
    candidates(i: number): readonly string[] {
      const one = mine[i] as Item;
      const from = Math.max(-1, ...anchors.filter(([k]) => k < i).map(([, j]) => j));
      const to = Math.min(theirs.length, ...anchors.filter(([k]) => k > i).map(([, j]) => j));
      const between = theirs.slice(from + 1, Math.max(from + 1, to)).filter(({ key }) => key === one.key);
      return between.toSorted((a, b) => cost(one, a) - cost(one, b)).map(({ name }) => name);
    },
  };
}

const without = (items: readonly Item[], names: ReadonlySet<string>): readonly Item[] =>
  items.filter(({ name }) => !names.has(name));

/** No other tensor of the reference is the same: a mask is made anew in every block. */
const isUnique = (theirs: readonly Item[], j: number): boolean =>
  theirs.every((other, k) => k === j || !isSame(other, theirs[j] as Item));
