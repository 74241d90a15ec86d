import { isLayerdiffError } from '../../harness/errors.ts';
import { type Build, PINNED } from './build.ts';
import type { Engine, EngineLimits } from './engine.ts';
import { peerAbsent, referenceFailure } from './failure.ts';
import { type Host, startHost } from './host.ts';
import { isAbsent, type RawMetadata, type RawTensor } from './runtime.mjs';
import { inspected, openFed } from './session.ts';

/**
 * ONNX Runtime in a thread or process of its own, which is started again where it has ended. Throws E_PEER where it is
 * not installed, E_REFERENCE where the host crashes or takes too long.
 */
export async function engineAway(
  place: 'thread' | 'process',
  limits: EngineLimits,
  build: Build = PINNED,
): Promise<Engine> {
  let { host, version } = await loadedHost(place, limits, build);
  let sessions = 0;
  const opener = async (bytes: Uint8Array, title: string) => {
    if (host.ended) ({ host, version } = await loadedHost(place, limits, build));
    const [owner, session] = [host, sessions++];
    return () => openSteps(owner, session, bytes, title);
  };
  return {
    place,
    version,
    holdsParameters: build.holdsParameters,
    open: async (bytes, feeds, title) => openFed(await opener(bytes, title), feeds, title),
    inspect: async (bytes, title) => inspected(await opener(bytes, title), title),
    release: () => host.stop(),
  };
}

async function loadedHost(
  place: 'thread' | 'process',
  limits: EngineLimits,
  { name, module, session }: Build,
): Promise<{ host: Host; version: string }> {
  const host = startHost(place, limits.timeLimit);
  try {
    const { version } = await host.ask<{ version: string }>({ request: 'load', module, session }, name);
    return { host, version };
  } catch (error) {
    await host.stop();
    if (isLayerdiffError(error)) throw error;
    if (isAbsent(error)) throw peerAbsent(error, name);
    throw referenceFailure(String((error as { message?: unknown }).message), name, error);
  }
}

async function openSteps(host: Host, session: number, bytes: Uint8Array, title: string) {
  type Metadata = { inputs: readonly RawMetadata[]; outputs: readonly RawMetadata[] };
  const { inputs, outputs } = await host.ask<Metadata>({ request: 'open', session, bytes }, title);
  return {
    inputs,
    outputs,
    async feed(tensors: readonly RawTensor[]) {
      // One at a time, so that no message grows with the model.
      for (const tensor of tensors) await host.ask({ request: 'feed', session, tensors: [tensor] }, title);
    },
    fetch: (names: readonly string[]) => host.ask<readonly RawTensor[]>({ request: 'fetch', session, names }, title),
    async release() {
      if (!host.ended) await host.ask({ request: 'release', session }, title);
    },
  };
}
