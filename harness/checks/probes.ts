import { uniform } from '../numerics/random.ts';

/** A direction in which a gradient is checked: one element, or (null) all at once, each by +1 or −1. */
export interface Probe {
  readonly element: number | null;
  /** The direction's non-zero components. */
  sign(index: number): number;
  /** ‖d‖². */
  readonly weight: number;
}

/** How many directions a tensor gets. */
export interface Effort {
  /** Tensors of up to so many elements are checked element by element. */
  readonly exhaustive: number;
  /** Of larger ones so many elements, half of them where the gradient is claimed to be largest … */
  readonly elements: number;
  /** … and so many random directions. */
  readonly directions: number;
}

/** The directions for a tensor of `size` elements. @param claimed |gradient| by which elements are chosen */
export function probesFor(size: number, claimed: Float64Array | null, seed: number, effort: Effort): readonly Probe[] {
  if (size <= effort.exhaustive) return Array.from({ length: size }, (_, i) => elementProbe(i));
  const random = uniform(seed);
  const chosen = new Set<number>();
  if (claimed !== null) for (const i of largest(claimed, Math.floor(effort.elements / 2))) chosen.add(i);
  while (chosen.size < Math.min(effort.elements, size)) chosen.add(Math.floor(random() * size));
  const directions = Array.from({ length: effort.directions }, () =>
    directionProbe(size, Math.floor(random() * 2 ** 32)),
  );
  return [...directions, ...[...chosen].map(elementProbe)];
}

function elementProbe(element: number): Probe {
  return { element, sign: (i) => (i === element ? 1 : 0), weight: 1 };
}

function directionProbe(size: number, seed: number): Probe {
  const random = uniform(seed);
  const signs = Int8Array.from({ length: size }, () => (random() < 0.5 ? -1 : 1));
  return { element: null, sign: (i) => signs[i] as number, weight: size };
}

/** Positions of the largest magnitudes that are not 0. */
function largest(claimed: Float64Array, count: number): number[] {
  const order = Array.from(claimed, (value, i) => [Math.abs(value), i] as const).filter(([size]) => size > 0);
  return order
    .toSorted((a, b) => b[0] - a[0] || a[1] - b[1])
    .slice(0, count)
    .map(([, i]) => i);
}
