import type { Evidence, Judgement, Tolerance } from '../types/tolerance.ts';

/** Every element equal to the reference's; +0 and −0 are equal, NaN equals NaN. */
export const exact: Tolerance = {
  spelled: 'exact',
  needsOracle: false,
  judge: ({ subject, reference }: Evidence): Judgement => {
    let different = 0;
    for (let i = 0; i < subject.length; i++) {
      if (subject[i] !== reference[i] && !(Number.isNaN(subject[i]) && Number.isNaN(reference[i]))) different++;
    }
    const passes = different <= 0;
    const because = 'exact, chosen: every element equal (measured: elements that differ)';
    return { passes, band: passes ? 'same' : 'wrong', measured: different, allowed: 0, because, suspect: null };
  },
};
