import type { Tfjs } from './load.ts';

/** Runs pieces of a network on the backend that has what they need. */
export interface Backends {
  /**
   * Runs `f` on the first backend that has every kernel for it and is not known to be wrong at it. `what` is the operator or layer, `pass`
   * which way through it.
   */
  run<T>(what: string, pass: Pass, f: () => T): T;
  /** Something that the report has to say, once. */
  note(text: string): void;
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
  const notes = new Set<string>();
  const runOn = <T>(backend: string, f: () => T): T => {
    const before = core.engine().backendName;
    const shown = hide(core, backend);
    // Both backends are started: this takes effect at once. Tensors move by themselves.
    void core.setBackend(backend);
    try {
      return f();
    } finally {
      shown();
      if (before) void core.setBackend(before);
    }
  };
  return {
    run(what, pass, f) {
      for (const backend of order) {
        const key = `${backend}\n${what}\n${pass}`;
        if (lacking.has(key)) continue;
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
    note: (text) => void notes.add(text),
    told: () =>
      [
        tell(
          [...used].map((key) => key.split('\n') as unknown as Used),
          order,
        ),
        ...notes,
      ].join('; '),
  };
}

/**
 * Kernels that compute something wrong, by backend: they are hidden while we run, so that another backend is taken. Proven by the oracle in
 * test/laws/tfjs-gradients.test.ts: WebAssembly's MaxPoolGrad takes windows for square, its Conv3D gradients
 * mistake padding and stride; plain JavaScript's MaxPool3DGrad takes the rows of a window for as long as it has columns.
 */
export const WRONG_KERNELS: Readonly<Record<string, readonly string[]>> = {
  cpu: ['MaxPool3DGrad'],
  wasm: ['MaxPoolGrad', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
};

/** Takes a backend's wrong kernels away, and returns what puts them back. */
function hide(core: Tfjs['core'], backend: string): () => void {
  const hidden = (WRONG_KERNELS[backend] ?? []).flatMap((name) => core.getKernel(name, backend) ?? []);
  for (const { kernelName } of hidden) core.unregisterKernel(kernelName, backend);
  return () => {
    for (const kernel of hidden) core.registerKernel(kernel);
  };
}

/** Backend, operator, pass. */
type Used = readonly [string, string, Pass];

function tell(used: readonly Used[], order: readonly string[]): string {
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
