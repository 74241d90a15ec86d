import type { TerminalOptions } from '../reports/index.ts';

/** How wide standard output is. In a pipe or a file nothing is cut off: a program, or a search, may want the whole name. */
export const columns = (): Pick<TerminalOptions, 'width' | 'whole'> => ({
  width: process.stdout.columns ?? 100,
  whole: process.stdout.isTTY !== true,
});
