import type { Host } from '../harness/types/host.ts';

/** Progress is shown on a terminal only, at most so often (ms). */
const INTERVAL = 100;

/** Gives the harness a clock, the process's memory, and, on a terminal, one live line on standard error. */
export function processHost(quiet: boolean): Host & { clear(): void; step(): string } {
  const live = !quiet && process.stderr.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
  let last = 0;
  let shown = false;
  let current = '';
  let paused = performance.now();
  return {
    now: () => performance.now() / 1000,
    peakBytes: () => process.resourceUsage().maxRSS * 1024,
    pause: () => {
      if (performance.now() - paused < INTERVAL / 2) return undefined;
      paused = performance.now();
      return new Promise((resolve) => setImmediate(resolve));
    },
    step: () => current,
    progress: (step, done, total) => {
      current = step;
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

/** Ctrl-C: while causes are sought it ends the search, and the report has what was found so far; a second time, or at any other step, it ends the program. */
export function interruptible(step: () => string): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted || !step().startsWith('looking for the cause')) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', interrupt);
  return { signal: controller.signal, release: () => void process.off('SIGINT', interrupt) };
}
