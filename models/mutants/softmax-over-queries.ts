import type { Mutant } from './_mutant.ts';
import { inSoftmax } from './_softmax.ts';

/** Over the positions that look, not over those that are looked at. */
export const softmaxOverQueries: readonly Mutant[] = inSoftmax(
  'softmax-over-queries',
  'softmax.axis',
  (scores, rows, C) => {
    const T = C;
    return scores.map((x, at) => {
      const [column, block] = [at % C, Math.floor(at / (C * T)) * C * T];
      const all = Array.from({ length: T }, (_, t) => scores[block + t * C + column]!);
      const max = Math.max(...all);
      return Math.exp(x - max) / all.reduce((sum, each) => sum + Math.exp(each - max), 0);
    });
  },
);
