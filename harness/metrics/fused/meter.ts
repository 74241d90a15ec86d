import type { Floats } from '../../types/tensor.ts';
import { type Asked, type Block, BLOCK, BUCKETS, emptyBlock, SUMS } from './block.ts';
import { blockKernel, isFloat32 } from './engine.ts';
import { measureBlock } from './twin.ts';

/** What was measured of two tensors, or of the first part of them. */
export interface Measured extends Block {
  elements: number;
  /** Offset of the first element with |a − b| = maxAbs; −1 where nothing differs. */
  maxAbsAt: number;
}

/** Measures two tensors that arrive in pieces of any length. */
export interface Meter {
  /** The next elements of both sides (and of the slack): as many of each. */
  add(subject: Floats, reference: Floats, slack?: Float64Array | null): void;
  /** What was measured, once all has been added. */
  finish(): Measured;
}

/**
 * A meter. Its results are the same to the last bit however the tensors are cut into pieces, and with the kernel as with its twin: blocks of
 * {@link BLOCK} elements are summed in fixed lanes, and the blocks by pairs, pairs of pairs, and so on.
 * @param plain true: only the twin
 */
export function createMeter(what: Asked, plain = false): Meter {
  const total = emptyMeasured();
  const tree: Float64Array[] = [];
  let blocks = 0;
  let waiting: Pending | null = null;
  const take = (a: Floats, b: Floats, slack: Float64Array | null): void => {
    const block = measured(a, b, slack, what, plain);
    if (block.maxAbs > total.maxAbs) total.maxAbsAt = blocks * BLOCK + firstAt(a, b, slack, block.maxAbs);
    gather(total, block);
    push(tree, blocks++, block.sums.slice());
    total.elements += a.length;
  };
  return {
    add: (subject, reference, slack = null) => {
      let at = 0;
      if (waiting !== null) {
        const fill = roomy(waiting);
        waiting = fill;
        at = Math.min(subject.length, BLOCK - fill.length);
        append(fill, subject.subarray(0, at), reference.subarray(0, at), slack?.subarray(0, at) ?? null);
        if (fill.length < BLOCK) return;
        take(fill.subject, fill.reference, fill.slack);
        waiting = null;
      }
      for (; at + BLOCK <= subject.length; at += BLOCK)
        take(
          subject.subarray(at, at + BLOCK),
          reference.subarray(at, at + BLOCK),
          slack?.subarray(at, at + BLOCK) ?? null,
        );
      if (at === subject.length) return;
      const length = subject.length - at;
      waiting = { subject: subject.slice(at), reference: reference.slice(at), slack: slack?.slice(at) ?? null, length };
    },
    finish: () => {
      if (waiting !== null) {
        const { subject, reference, slack, length } = waiting;
        take(subject.subarray(0, length), reference.subarray(0, length), slack?.subarray(0, length) ?? null);
        waiting = null;
      }
      total.sums.set(tree.reduceRight((right, left) => plus(left, right), new Float64Array(SUMS)));
      return total;
    },
  };
}

interface Pending {
  readonly subject: Floats;
  readonly reference: Floats;
  readonly slack: Float64Array | null;
  length: number;
}

/** With room for a block: most tensors that are measured are small and come in one piece, and need none. */
function roomy(fill: Pending): Pending {
  if (fill.subject.length === BLOCK) return fill;
  const room = (like: Floats): Floats => (isFloat32(like) ? new Float32Array(BLOCK) : new Float64Array(BLOCK));
  const { subject, reference, slack } = fill;
  const empty = {
    subject: room(subject),
    reference: room(reference),
    slack: slack === null ? null : new Float64Array(BLOCK),
    length: 0,
  };
  append(empty, subject, reference, slack);
  return empty;
}

function append(to: Pending, subject: Floats, reference: Floats, slack: Float64Array | null): void {
  to.subject.set(subject, to.length);
  to.reference.set(reference, to.length);
  if (slack !== null) to.slack?.set(slack, to.length);
  to.length += subject.length;
}

/** Blocks smaller than this are not worth copying to the kernel. */
const SMALLEST_KERNEL = 64;
const scratch = emptyBlock();

function measured(a: Floats, b: Floats, slack: Float64Array | null, what: Asked, plain: boolean): Block {
  const kernel = plain || slack !== null || a.length < SMALLEST_KERNEL ? null : blockKernel();
  if (kernel?.(a, b, what, scratch) !== true) measureBlock(a, b, slack, what, scratch);
  return scratch;
}

function emptyMeasured(): Measured {
  return { ...emptyBlock(), elements: 0, maxAbsAt: -1 };
}

/** Adds what does not depend on the order: counts, maxima, histograms. */
function gather(total: Measured, block: Block): void {
  total.maxAbs = Math.max(total.maxAbs, block.maxAbs);
  total.maxRelative = Math.max(total.maxRelative, block.maxRelative);
  for (const key of COUNTS) total[key] += block[key];
  for (let k = 0; k < BUCKETS; k++)
    total.histogram[k] = (total.histogram[k] as number) + (block.histogram[k] as number);
}

const COUNTS = [
  'compared',
  'equal',
  'exceeding',
  'nonFiniteSubject',
  'nonFiniteReference',
  'nonFiniteAlike',
  'nonFinite',
] as const;

/** Adds block `index` to sums of 2^k neighbours each, as a binary counter carries. */
function push(tree: Float64Array[], index: number, sums: Float64Array): void {
  let node = sums;
  for (let count = index; count % 2 === 1; count = (count - 1) / 2) node = plus(tree.pop() as Float64Array, node);
  tree.push(node);
}

const plus = (left: Float64Array, right: Float64Array): Float64Array =>
  left.map((sum, k) => sum + (right[k] as number));

function firstAt(a: Floats, b: Floats, slack: Float64Array | null, error: number): number {
  for (let i = 0; i < a.length; i++) {
    const raw = Math.abs((a[i] as number) - (b[i] as number));
    if ((slack === null ? raw : Math.max(0, raw - (slack[i] as number))) === error) return i;
  }
  return -1;
}
