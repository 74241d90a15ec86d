import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { LayerdiffError } from '../../harness/errors.ts';

/** A thread or a process that runs runner.mjs, and how to talk to it. */
export interface Host {
  /** Sends a request; rejects with the runner's own error, or with E_REFERENCE where the host ends or takes too long. */
  ask<T>(request: Request, title: string): Promise<T>;
  stop(): Promise<void>;
  readonly ended: boolean;
}

export type Request = { readonly request: string; readonly [key: string]: unknown };

/** What thread and process have in common. */
interface Channel {
  send(message: object): void;
  onMessage(listener: (message: Reply) => void): void;
  /** `how` says how it ended, e.g. "SIGABRT". */
  onEnd(listener: (how: string) => void): void;
  /** Whether it keeps this process alive. */
  hold(on: boolean): void;
  stop(): Promise<void>;
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: { readonly message: string; readonly code: string | null };
}

interface Pending {
  readonly title: string;
  settle(outcome: { value: unknown } | { error: unknown }): void;
}

const RUNNER = new URL('./runner.mjs', import.meta.url);

/** Starts a runner in its own thread or process. `timeLimit` bounds each request, in milliseconds. */
export function startHost(place: 'thread' | 'process', timeLimit: number): Host {
  const channel = place === 'thread' ? threadChannel() : processChannel();
  const pending = new Map<number, Pending>();
  let ids = 0;
  let ended = false;
  const finish = (id: number, outcome: { value: unknown } | { error: unknown }): void => {
    const waiting = pending.get(id);
    pending.delete(id);
    if (pending.size === 0) channel.hold(false);
    waiting?.settle(outcome);
  };
  channel.onMessage(({ id, result, error }) => finish(id, error ? { error } : { value: result }));
  channel.onEnd((how) => {
    ended = true;
    for (const [id, { title }] of pending) finish(id, { error: endedWith(place, how, title) });
  });
  const ask = <T>(request: Request, title: string): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const id = ids++;
      const timer = setTimeout(() => {
        ended = true;
        finish(id, { error: tooSlow(timeLimit, title) });
        void channel.stop();
      }, timeLimit);
      const settle: Pending['settle'] = (outcome) => {
        clearTimeout(timer);
        if ('error' in outcome) reject(outcome.error);
        else resolve(outcome.value as T);
      };
      pending.set(id, { title, settle });
      channel.hold(true);
      channel.send({ id, ...request });
    });
  return {
    ask,
    stop: () => channel.stop(),
    get ended() {
      return ended;
    },
  };
}

function processChannel(): Channel {
  // Nothing that native code prints reaches our own output; flags of this process (a debugger's, Jest's) are not its.
  const child: ChildProcess = fork(fileURLToPath(RUNNER), {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  return {
    // A send to a process that has just died: its end is reported by onEnd.
    send: (message) => void child.send(message, () => {}),
    onMessage: (listener) => void child.on('message', (message) => listener(message as unknown as Reply)),
    onEnd(listener) {
      child.on('exit', (code, signal) => listener(signal ?? `exit code ${code}`));
      child.on('error', (error) => listener(error.message));
    },
    hold(on) {
      const method = on ? 'ref' : 'unref';
      child[method]();
      child.channel?.[method]();
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.ref();
      child.kill('SIGKILL');
      await gone;
    },
  };
}

function threadChannel(): Channel {
  const worker = new Worker(RUNNER, { execArgv: [], stdout: true, stderr: true });
  return {
    send(message) {
      const { copy, buffers } = detached(message);
      worker.postMessage(copy, buffers);
    },
    onMessage: (listener) => void worker.on('message', listener),
    onEnd(listener) {
      worker.on('error', (error) => listener(error.message));
      worker.on('exit', (code) => listener(`exit code ${code}`));
    },
    hold: (on) => void (on ? worker.ref() : worker.unref()),
    stop: async () => void (await worker.terminate()),
  };
}

/** The message with each array copied once, to be handed over: to clone a view would clone the whole buffer behind it. */
function detached(value: unknown): { copy: unknown; buffers: ArrayBuffer[] } {
  const buffers: ArrayBuffer[] = [];
  const copied = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part)) {
      const copy = (part as Uint8Array).slice();
      buffers.push(copy.buffer as ArrayBuffer);
      return copy;
    }
    if (Array.isArray(part)) return part.map(copied);
    if (typeof part !== 'object' || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, copied(inner)]));
  };
  return { copy: copied(value), buffers };
}

function endedWith(place: string, how: string, title: string): LayerdiffError {
  return new LayerdiffError(
    'E_REFERENCE',
    title,
    `ONNX Runtime's ${place} ended with ${how}`,
    'The model makes ONNX Runtime itself crash: try another version of it, or leave out the tensors that it cannot give.',
  );
}

function tooSlow(timeLimit: number, title: string): LayerdiffError {
  return new LayerdiffError(
    'E_REFERENCE',
    title,
    `ONNX Runtime did not finish within ${timeLimit / 1000} s`,
    'Raise timeLimit, or check a smaller batch.',
  );
}
