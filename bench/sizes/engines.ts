import { loadRuntime } from '../../adapters/onnxruntime/runtime.mjs';

/** Another correct implementation of the same network: ONNX Runtime with other kernels, or in another order of summation. */
export type Engine = 'web' | 'optimised';
export const ENGINES: readonly Engine[] = ['web', 'optimised'];

type Bytes = Uint8Array;
interface Held {
  readonly type: string;
  readonly data: unknown;
  readonly dims: readonly number[];
}
interface Opened {
  run(feeds: Record<string, Held>, fetches: readonly string[]): Promise<Record<string, Held>>;
  release(): Promise<void>;
}
interface Runtime {
  readonly InferenceSession: { create: (bytes: Bytes, options: object) => Promise<Opened> };
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => Held;
}

/** Runs `work` with sessions of this engine: the adapter pins its options, so they are changed on their way to the runtime. */
export async function withEngine<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  const { InferenceSession } = (await loadRuntime()) as unknown as Runtime;
  const create = InferenceSession.create;
  const web = engine === 'web' ? await openWeb() : null;
  InferenceSession.create = (bytes, pinned) =>
    web === null ? create.call(InferenceSession, bytes, { ...pinned, ...OPTIMISED }) : web(bytes);
  try {
    return await work();
  } finally {
    InferenceSession.create = create;
  }
}

/** Fused kernels, and sums split among threads. */
const OPTIMISED = { graphOptimizationLevel: 'all', intraOpNumThreads: 4 };

/** onnxruntime-web's WebAssembly kernels: it has a class of tensors of its own. */
async function openWeb(): Promise<(bytes: Bytes) => Promise<Opened>> {
  const runtime = (await import('onnxruntime-web')) as unknown as Runtime & { env: { wasm: { numThreads: number } } };
  runtime.env.wasm.numThreads = 1;
  return async (bytes) => {
    const session = await runtime.InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 4 });
    const own = ({ type, data, dims }: Held): Held => new runtime.Tensor(type, data, dims);
    return Object.assign(Object.create(session) as Opened, {
      run: (feeds: Record<string, Held>, fetches: readonly string[]) =>
        session.run(Object.fromEntries(Object.entries(feeds).map(([name, held]) => [name, own(held)])), fetches),
      release: () => session.release(),
    });
  };
}
