import type { Mutant } from './_mutant.ts';
import { inSoftmax } from './_softmax.ts';

/** The sum leaves the last term out. */
export const softmaxTailDropped: readonly Mutant[] = inSoftmax(
  'softmax-tail-dropped',
  'softmax.denominator',
  (scores, rows, C) => {
    const out = new Float32Array(scores.length);
    for (let n = 0; n < rows; n++) {
      const row = scores.subarray(n * C, (n + 1) * C);
      const max = Math.max(...row);
      let sum = 0;
      for (let c = 0; c < C - 1; c++) sum += Math.exp(row[c]! - max);
      for (let c = 0; c < C; c++) out[n * C + c] = Math.exp(row[c]! - max) / sum;
    }
    return out;
  },
);
