import { stridesOf } from '../shape.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';

/** Right but for a run of places along one axis: the last channel, the tail of a tile, the examples after the first. */
export const region: Rule = {
  id: 'region',
  *form({ subject, truth, allowed, direction }: RuleContext): Iterable<FormHypothesis> {
    const { shape } = truth;
    const strides = stridesOf(shape);
    for (const [axis, size] of shape.entries()) {
      if (size < 2) continue;
      const wrong = wrongPlaces(subject.data, truth.data, size, strides[axis] as number, 4 * allowed);
      const first = wrong.indexOf(1);
      const last = wrong.lastIndexOf(1);
      const run = last - first + 1;
      if (first < 0 || run === size || wrong.subarray(first, last + 1).includes(0)) continue;
      const inside = (i: number): boolean => {
        const place = Math.floor(i / (strides[axis] as number)) % size;
        return place >= first && place <= last;
      };
      const unwritten = subject.data.every((x, i) => !inside(i) || x === 0);
      const where = `${run === 1 ? `place ${first}` : `places ${first} to ${last}`} of ${size} along axis ${axis}`;
      const what = direction === 'forward' ? 'value' : 'gradient';
      yield {
        cause: 'region.partial',
        claim: `right but for ${where}${unwritten ? ', which were never written (0)' : ''}`,
        fix: `Look at the loop over axis ${axis}: ${last === size - 1 ? `its last ${run} places are not handled (a bound, a remainder of the tile)` : `places ${first} to ${last} are not handled`}, and write every ${what}.`,
        specificity: unwritten ? 2 : 1,
        predicted: truth.data.map((x, i) => (inside(i) ? (unwritten ? 0 : (subject.data[i] as number)) : x)),
      };
    }
  },
};

/** 1 for each place along the axis at which some element is off. */
function wrongPlaces(mine: Float64Array, truth: Float64Array, size: number, stride: number, bound: number): Uint8Array {
  const wrong = new Uint8Array(size);
  for (let i = 0; i < mine.length; i++) {
    const e = Math.abs((mine[i] as number) - (truth[i] as number));
    if (e <= bound) continue;
    wrong[Math.floor(i / stride) % size] = 1;
  }
  return wrong;
}
