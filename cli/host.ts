import type { Host } from '../harness/types/host.ts';

/** Progress is shown on a terminal only, at most so often (ms). */
const INTERVAL = 100;

/** Gives the harness a clock, the process's memory, and, on a terminal, one live line on standard error. */
export function processHost(quiet: boolean): Host & { clear(): void } {
  const live = !quiet && process.stderr.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
  let last = 0;
  let shown = false;
  return {
    now: () => performance.now() / 1000,
    peakBytes: () => process.resourceUsage().maxRSS * 1024,
    progress: (step, done, total) => {
      const now = performance.now();
      if (!live || now - last < INTERVAL) return;
      last = now;
      shown = true;
      process.stderr.write(`\r\x1b[K${step} ${done}/${total}`);
    },
    clear: () => {
      if (shown) process.stderr.write('\r\x1b[K');
      shown = false;
    },
  };
}
