import { indexOf } from '../shape.ts';
import type { WorstElement } from '../types/report.ts';
import type { Floats, Shape } from '../types/tensor.ts';
import { jsonNumber } from './json-number.ts';
import { sameKind } from './difference.ts';

/** How many of the worst elements a report keeps. */
export const WORST = 8;

/** Finds the elements that differ most in tensors that arrive in pieces. */
export interface WorstMeter {
  add(subject: Floats, reference: Floats): void;
  finish(oracle: Float64Array | null, shape: Shape): readonly WorstElement[];
}

/** The elements that differ most, worst first: those non-finite on one side only, then by |error|. Elements that are equal are never listed. */
export function worstElements(
  subject: Floats,
  reference: Floats,
  oracle: Float64Array | null,
  shape: Shape,
): readonly WorstElement[] {
  const meter = createWorstMeter();
  meter.add(subject, reference);
  return meter.finish(oracle, shape);
}

/** A meter for {@link worstElements}. */
export function createWorstMeter(): WorstMeter {
  const kept: Kept[] = [];
  let least = 0;
  let elements = 0;
  return {
    add: (subject, reference) => {
      for (let i = 0; i < subject.length; i++) {
        const error = errorOf(subject[i] as number, reference[i] as number);
        if (!(error > least)) continue;
        kept.push({ offset: elements + i, error, a: subject[i] as number, b: reference[i] as number });
        kept.sort((p, q) => q.error - p.error || p.offset - q.offset);
        if (kept.length > WORST) kept.pop();
        if (kept.length === WORST) least = (kept[WORST - 1] as Kept).error;
      }
      elements += subject.length;
    },
    finish: (oracle, shape) =>
      kept.map(({ offset, a, b }) => ({
        index: indexOf(offset, shape),
        subject: jsonNumber(a),
        reference: jsonNumber(b),
        oracle: oracle === null ? null : jsonNumber(oracle[offset] as number),
      })),
  };
}

interface Kept {
  readonly offset: number;
  readonly error: number;
  readonly a: number;
  readonly b: number;
}

function errorOf(a: number, b: number): number {
  if (!sameKind(a, b)) return Number.POSITIVE_INFINITY;
  return Number.isFinite(a) ? Math.abs(a - b) : 0;
}
