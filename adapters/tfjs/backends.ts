import type { Tfjs } from './load.ts';

/** Runs pieces of a network on the backend that has what they need. */
export interface Backends {
  /**
   * Runs `f` on the first backend that has every kernel for it and is not known to be wrong at it. `what` is the operator or layer, `pass`
   * which way through it.
   */
  run<T>(what: string, pass: Pass, f: () => T): T;
  /** Which backend computed what, in words. */
  told(): string;
}

export type Pass = 'forward' | 'backward';

/** @param first the backend to prefer; by default the fastest that is installed */
export function chooseBackends({ core, backends }: Tfjs, first?: string): Backends {
  const order = first === undefined ? backends : [first, ...backends.filter((name) => name !== first)];
  const last = order[order.length - 1] as string;
  /** `backend\noperator\npass` that did not work. */
  const lacking = new Map<string, string>();
  const used = new Set<string>();
  const runOn = <T>(backend: string, f: () => T): T => {
    const before = core.engine().backendName;
    // Both backends are started: this takes effect at once. Tensors move by themselves.
    void core.setBackend(backend);
    try {
      return f();
    } finally {
      if (before) void core.setBackend(before);
    }
  };
  return {
    run(what, pass, f) {
      for (const backend of order) {
        const key = `${backend}\n${what}\n${pass}`;
        if (lacking.has(key) || WRONG[backend]?.[pass]?.includes(what)) continue;
        try {
          const result = runOn(backend, f);
          used.add(`${backend}\n${what}\n${pass}`);
          return result;
        } catch (error) {
          if (backend === last) throw error;
          lacking.set(key, String((error as Error)?.message ?? error));
        }
      }
      return runOn(last, f);
    },
    told: () =>
      tell(
        [...used].map((key) => key.split('\n') as [string, string, Pass]),
        order,
      ),
  };
}

/** Where a backend is known to compute something wrong: backend → pass → operators. Proven in test/laws/tfjs-gradients.test.ts. */
const WRONG: Readonly<Record<string, Partial<Record<Pass, readonly string[]>>>> = {};

function tell(used: readonly (readonly [string, string, Pass])[], order: readonly string[]): string {
  const names = order.filter((backend) => used.some(([b]) => b === backend));
  if (names.length === 0) return `backend ${order[0]}`;
  const main = names[0] as string;
  const others = names.slice(1).map((backend) => {
    const what = new Set(used.filter(([b]) => b === backend).map(([, op, pass]) => `${op} ${pass}`));
    const listed = [...what].slice(0, 6).join(', ') + (what.size > 6 ? `, and ${what.size - 6} more` : '');
    return `${backend} for ${listed}`;
  });
  return `backend ${[main, ...others].join('; ')}`;
}
