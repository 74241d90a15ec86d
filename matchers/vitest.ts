// layerdiff/vitest: import it in a test, or name it in setupFiles.
// @ts-ignore: vitest is an optional peer, and need not be there when this is compiled
import { expect } from 'vitest';
import { matchers } from './index.ts';
import type { DivergenceSite, LayerdiffMatchers } from './types.ts';

expect.extend(matchers);

// @ts-ignore: as above
declare module 'vitest' {
  // The parameter must be that of the interface that this adds to.
  interface Matchers<T = any> extends LayerdiffMatchers {}
}

export type { DivergenceSite };
