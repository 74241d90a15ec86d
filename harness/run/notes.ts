import type { TensorReport, Unseen } from '../types/report.ts';
import type { Aligned } from './aligned.ts';
import type { Updates } from './updates.ts';

/** Of recorded tensors without a partner there may be so many for each that has one: more, and the two may not be the same network. */
const MOST_UNPAIRED = 3;

/** Too little of what was recorded has a partner: what matches then proves nothing of the whole. */
export function isTooLittle({ alignment, taken }: Aligned): boolean {
  const unpaired = alignment.unpaired.filter((name) => taken.trace.values.has(name)).length;
  const paired = [...alignment.pairs.values()].filter(({ value }) => value !== null).length;
  return unpaired > MOST_UNPAIRED * paired;
}

/** What stood in the way of a verdict. */
export function whyInconclusive(rows: readonly TensorReport[], found: Aligned, updates: Updates): string {
  const { taken } = found;
  const mutated = taken.observations.find((o) => o.kind === 'input-mutated');
  if (mutated !== undefined)
    return `Inconclusive: ${mutated.layer} changed its own input in place, so what was recorded need not be what later layers read. Write to a buffer of its own.`;
  const open = rows.find((row) => row.verdict === 'incomparable');
  if (open !== undefined)
    return `Inconclusive: ${open.tensor} (${open.direction}) could not be compared: ${open.reason ?? 'no reason known'}.`;
  const update = updates.rows.find(({ verdict }) => verdict === 'unseen');
  if (update !== undefined)
    return `Inconclusive: the update of ${update.tensor} could not be judged: ${update.reason ?? 'no reason known'}.`;
  const { pairs, unpaired } = found.alignment;
  if (isTooLittle(found))
    return `Inconclusive: ${unpaired.length} of ${unpaired.length + pairs.size} recorded tensors have no partner in the reference. Is it the same network? If so, say which is which with --map.`;
  return 'Inconclusive: no computed tensor could be compared, so nothing is proven.';
}

/** Recorded tensors that found no partner. */
export function unseenNotes(unseen: readonly Unseen[]): readonly string[] {
  const extra = unseen.filter((u) => u.missing === 'reference');
  if (extra.length === 0) return [];
  return [
    `${extra.length} recorded tensors have no partner in the reference (${extra
      .slice(0, 3)
      .map((u) => u.tensor)
      .join(', ')}${extra.length > 3 ? ', …' : ''}): they were not compared.`,
  ];
}

/** What the verdicts do not say by themselves: what proved nothing, what was left out, what could be judged roughly only. */
export function verdictNotes(rows: readonly TensorReport[]): readonly string[] {
  const vacuous = rows.filter((row) => row.verdict === 'vacuous');
  const excluded = rows.reduce((n, row) => n + row.excluded, 0);
  const blind = rows.filter((row) => row.reason?.startsWith('no oracle') === true);
  const notes: string[] = [];
  if (vacuous.length > 0)
    notes.push(`${vacuous.length} comparisons are vacuous (zero or empty on both sides): they prove nothing.`);
  if (excluded > 0)
    notes.push(`${excluded} gradient elements lie at a kink or a tie, where either answer is right: left out.`);
  if (blind.length > 0) notes.push(`${blind.length} tensors were judged by the framework alone: ${blind[0]?.reason}.`);
  return [...notes, ...conditionNotes(rows)];
}

/** Where float32 itself strays by so much of a tensor's size, it is told: two right answers may differ there more than a reader expects. */
const ILL_CONDITIONED = 1e-5;

function conditionNotes(rows: readonly TensorReport[]): readonly string[] {
  const stray = (row: TensorReport): number => {
    const size = row.verdict === 'match' && row.local !== null ? Number(row.local.rms) / Number(row.local.relL2) : 0;
    return size > 0 && typeof row.allowed?.rms === 'number' ? row.allowed.rms / size : 0;
  };
  const ill = rows.filter((row) => row.dtype === 'float32' && stray(row) >= ILL_CONDITIONED);
  if (ill.length === 0) return [];
  const worst = ill.reduce((a, b) => (stray(b) > stray(a) ? b : a));
  return [
    `${ill.length} tensors are ill-conditioned, ${worst.tensor} (${worst.direction}) most: right answers in float32 may differ there by ${stray(worst).toPrecision(1)} of its size.`,
  ];
}

/** What was seen while the subject ran. */
export const observationNotes = ({ taken }: Aligned): readonly string[] =>
  taken.observations.map((o) => `${o.layer}: ${o.detail}.`);
