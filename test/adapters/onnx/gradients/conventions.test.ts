import { describe, expect, it } from '@jest/globals';
import { gradientsOfOnes } from './_prove.ts';
import { cases } from './cases/conventions.ts';

describe('where a derivative has to be chosen, the gradient', () => {
  for (const { expected, ...one } of cases) {
    it(one.name, async () => {
      expect(Object.fromEntries(await gradientsOfOnes(one))).toEqual(expected);
    });
  }
});
