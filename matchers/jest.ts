// layerdiff/jest: import it in a test, or name it in setupFilesAfterEnv.
import { expect } from '@jest/globals';
import { matchers } from './index.ts';
import type { DivergenceSite, LayerdiffMatchers } from './types.ts';

expect.extend(matchers);

declare module 'expect' {
  // The parameters must be those of the interface that this adds to.
  interface Matchers<R extends void | Promise<void>, T = unknown> extends LayerdiffMatchers {}
}

export type { DivergenceSite };
