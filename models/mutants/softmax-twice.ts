import { softmax } from '../layers/softmax.ts';
import type { Mutant } from './_mutant.ts';
import { inSoftmax } from './_softmax.ts';

/** What is a distribution already is made one again. */
export const softmaxTwice: readonly Mutant[] = inSoftmax('softmax-twice', 'softmax.repeated', (scores, rows, C) => {
  const [once, twice] = [new Float32Array(scores.length), new Float32Array(scores.length)];
  softmax(once, scores, rows, C);
  softmax(twice, once, rows, C);
  return twice;
});
