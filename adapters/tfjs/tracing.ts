import type { Tfjs } from './load.ts';
import type { TfTensor } from './tensors.ts';

/** One kernel that was run. */
export interface Kernel {
  readonly name: string;
  /** By the kernel's name of them; absent ones left out. */
  readonly inputs: readonly (readonly [string, TfTensor])[];
  /** Whether the kernel takes a list of tensors. */
  readonly listed: boolean;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly outputs: readonly TfTensor[];
}

/** Runs `f`, and tells which kernels it ran, in order. */
export function traced<T>(core: Tfjs['core'], f: () => T): { result: T; kernels: readonly Kernel[] } {
  const engine = core.engine() as unknown as { runKernel(...all: unknown[]): TfTensor | TfTensor[] };
  const own = Object.hasOwn(engine, 'runKernel') ? engine.runKernel : null;
  const run = engine.runKernel;
  const kernels: Kernel[] = [];
  engine.runKernel = function recording(name, inputs, attrs) {
    const outputs = run.call(engine, name, inputs, attrs);
    kernels.push({
      name: name as string,
      inputs: Object.entries(inputs as Record<string, TfTensor | null>).filter(
        (entry): entry is [string, TfTensor] => entry[1] !== null && entry[1] !== undefined,
      ),
      listed: Array.isArray(inputs),
      attrs: (attrs ?? {}) as Kernel['attrs'],
      outputs: Array.isArray(outputs) ? outputs : [outputs],
    });
    return outputs;
  };
  try {
    return { result: f(), kernels };
  } finally {
    if (own === null) delete (engine as { runKernel?: unknown }).runKernel;
    else engine.runKernel = own;
  }
}
