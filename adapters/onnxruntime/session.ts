import { isLayerdiffError } from '../../harness/errors.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import { type Build, PINNED } from './build.ts';
import { checkFeeds, checkFetches, fromRaw, toRaw } from './convert.ts';
import type { Engine, Session } from './engine.ts';
import { peerAbsent, referenceFailure } from './failure.ts';
import { isAbsent, loadRuntime, openSession, type RawMetadata, type RawTensor, versionOf } from './runtime.mjs';

/** The steps of a session, wherever it runs. */
export interface RawSteps {
  readonly inputs: readonly RawMetadata[];
  readonly outputs: readonly RawMetadata[];
  feed(tensors: readonly RawTensor[]): unknown;
  fetch(names: readonly string[]): Promise<readonly RawTensor[]>;
  release(): Promise<unknown>;
}

/** ONNX Runtime on this thread. Throws E_PEER where it is not installed. `importModule` is for tests. */
export async function engineHere(
  importModule?: (name: string) => Promise<unknown>,
  build: Build = PINNED,
): Promise<Engine> {
  const load = build.loaded === null ? importModule : async () => build.loaded;
  const runtime = await loadRuntime(load, build.module).catch((error: unknown) => {
    throw isAbsent(error) ? peerAbsent(error, build.name) : referenceFailure(messageOf(error), build.name, error);
  });
  const open = (bytes: Uint8Array) => openSession(runtime, bytes, build.session);
  return {
    place: 'here',
    version: versionOf(runtime),
    holdsParameters: build.holdsParameters,
    open: (bytes, feeds, title) => openFed(() => open(bytes), feeds, title),
    inspect: (bytes, title) => inspected(() => open(bytes), title),
    release: async () => {},
  };
}

/** Opens a session only to see what its outputs are. */
export async function inspected(open: () => Promise<RawSteps>, title: string): Promise<readonly RawMetadata[]> {
  const raw = await translated(open, title);
  await raw.release();
  return raw.outputs;
}

/** Opens a session, checks and feeds it; released again where that fails. */
export async function openFed(
  open: () => Promise<RawSteps>,
  feeds: ReadonlyMap<string, Tensor>,
  title: string,
): Promise<Session> {
  const raw = await translated(open, title);
  try {
    checkFeeds(raw.inputs, feeds);
    await translated(async () => raw.feed([...feeds].map(([name, tensor]) => toRaw(name, tensor))), title);
  } catch (error) {
    await raw.release();
    throw error;
  }
  return {
    async fetch(names) {
      checkFetches(raw.outputs, names);
      const results = await translated(() => raw.fetch(names), title);
      return new Map(results.map((result) => [result.name, fromRaw(result)]));
    },
    release: async () => void (await raw.release()),
  };
}

async function translated<T>(step: () => Promise<T>, title: string): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isLayerdiffError(error)) throw error;
    throw referenceFailure(messageOf(error), title, error);
  }
}

const messageOf = (error: unknown): string => String((error as { message?: unknown } | null)?.message ?? error);
