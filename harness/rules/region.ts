import { intAttribute } from '../attributes.ts';
import { sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { FormHypothesis, Rule, RuleContext } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';

/** A run of neighbouring axes taken as one: [outer, size, stride], e.g. the positions of an image, or rows of a batch of sequences. */
interface Line {
  readonly size: number;
  readonly stride: number;
  readonly name: string;
}

/** Some units of rounding of float32. */
const ROUNDING = 2 ** -20;

/** Right but for a run of places: the last channel, the tail of a tile, the border, the examples after the first. */
export const region: Rule = {
  id: 'region',
  *form({ subject, truth, allowed, direction, segment }: RuleContext): Iterable<FormHypothesis> {
    const what = direction === 'forward' ? 'value' : 'gradient';
    const sequence = segment.some(stepsFirst);
    for (const line of linesOf(truth.shape)) {
      const wrong = wrongPlaces(subject.data, truth.data, line, 4 * allowed);
      const first = wrong.indexOf(1);
      const last = wrong.lastIndexOf(1);
      const run = last - first + 1;
      if (first < 0 || run === line.size || wrong.subarray(first, last + 1).includes(0)) continue;
      const inside = (i: number): boolean => {
        const place = Math.floor(i / line.stride) % line.size;
        return place >= first && place <= last;
      };
      const unwritten = subject.data.every((x, i) => !inside(i) || x === 0);
      // Where most of it is wrong, something else is: the first step of a sequence is right under many a bug.
      const afterFirst =
        !sequence && line.name === 'axis 0' && first === 1 && last === line.size - 1 && line.size === truth.shape[0];
      if (!unwritten && 2 * run > line.size && !afterFirst) continue;
      // A few elements that happen to lie in one row are no region: its own numbers would explain anything.
      if (!unwritten && sparse(subject.data, truth.data, inside, 4 * allowed)) continue;
      // Right numbers in other places: they were moved, not left out.
      if (
        !unwritten &&
        sameNumbers(
          subject.data.filter((_, i) => inside(i)),
          truth.data.filter((_, i) => inside(i)),
          4 * allowed,
        )
      )
        continue;
      const where = `${run === 1 ? `place ${first}` : `places ${first} to ${last}`} of ${line.size} along ${line.name}`;
      yield {
        cause: 'region.partial',
        claim: `right but for ${where}${unwritten ? ', which were never written (0)' : ''}`,
        fix: `Look at the loop over ${line.name}: ${last === line.size - 1 ? `its last ${run === 1 ? 'place is' : `${run} places are`} not handled (a bound, a remainder of the tile)` : `places ${first} to ${last} are not handled`}, and write every ${what}.`,
        specificity: unwritten ? 2 : 1,
        predicted: truth.data.map((x, i) => (inside(i) ? (unwritten ? 0 : (subject.data[i] as number)) : x)),
      };
    }
    yield* border({ subject, truth, direction });
  },
};

const RECURRENT: readonly string[] = ['LSTM', 'GRU', 'RNN'];

/** True where axis 0 is that of the steps, not of the examples. */
const stepsFirst = ({ op, attributes }: GraphNode): boolean =>
  RECURRENT.includes(op) && intAttribute(attributes, 'layout', 0) === 0;

/** At least this share of a region is wrong (behind a ReLU, half of it may be 0 on both sides), */
const DENSE = 0.25;
/** and at least so many elements outside are right. */
const FEWEST_RIGHT = 4;

function sparse(mine: Float64Array, truth: Float64Array, inside: (i: number) => boolean, bound: number): boolean {
  let [wrong, within] = [0, 0];
  for (let i = 0; i < mine.length; i++) {
    if (!inside(i)) continue;
    within++;
    if (!(Math.abs((mine[i] as number) - (truth[i] as number)) <= bound)) wrong++;
  }
  return wrong < DENSE * within || mine.length - within < FEWEST_RIGHT;
}

function sameNumbers(mine: Float64Array, theirs: Float64Array, bound: number): boolean {
  const [a, b] = [mine.toSorted(), theirs.toSorted()];
  return a.every((x, i) => Math.abs(x - (b[i] as number)) <= bound);
}

/** Every axis by itself, and neighbouring axes together. */
function linesOf(shape: Shape): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < shape.length; from++) {
    for (let to = from; to < shape.length; to++) {
      const size = sizeOf(shape.slice(from, to + 1));
      if (size < 2 || (to > from && (shape[from] === 1 || shape[to] === 1))) continue;
      const name = from === to ? `axis ${from}` : `axes ${from} to ${to} taken together`;
      lines.push({ size, stride: sizeOf(shape.slice(to + 1)), name });
    }
  }
  return lines;
}

/** 1 for each place along the line at which some element is off. */
function wrongPlaces(mine: Float64Array, truth: Float64Array, { size, stride }: Line, bound: number): Uint8Array {
  const wrong = new Uint8Array(size);
  for (let i = 0; i < mine.length; i++) {
    const e = Math.abs((mine[i] as number) - (truth[i] as number));
    // Channels far larger than the rest round more coarsely than the tensor as a whole.
    if (e <= bound + ROUNDING * Math.abs(truth[i] as number)) continue;
    wrong[Math.floor(i / stride) % size] = 1;
  }
  return wrong;
}

/** The outermost elements of each image, left at 0. */
function* border({
  subject,
  truth,
  direction,
}: Pick<RuleContext, 'subject' | 'truth' | 'direction'>): Iterable<FormHypothesis> {
  const spatial = truth.shape.slice(2);
  if (spatial.length === 0 || spatial.some((size) => size < 3)) return;
  const positions = sizeOf(spatial);
  for (const width of [1, 2, 3]) {
    if (spatial.some((size) => size <= 2 * width)) return;
    const frame = Array.from({ length: positions }, (_, offset) => {
      let rest = offset;
      return spatial.toReversed().some((size) => {
        const i = rest % size;
        rest = Math.floor(rest / size);
        return i < width || i >= size - width;
      });
    });
    if (!subject.data.every((x, i) => x === 0 || !frame[i % positions])) return;
    yield {
      cause: 'region.partial',
      claim: `right but for the border of each image, ${width} wide, which was never written (0)`,
      fix: `Write the border too: every ${direction === 'forward' ? 'value' : 'gradient'} has a window, padded where it reaches beyond the image.`,
      specificity: 2,
      predicted: truth.data.map((x, i) => (frame[i % positions] ? 0 : x)),
    };
  }
}
