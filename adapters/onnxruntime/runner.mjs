// Runs ONNX Runtime away from the main thread: in a worker thread (large models) or a child process (models that may
// abort it). Answers one request at a time; sessions are known by the number that the host gave them.
import { parentPort } from 'node:worker_threads';
import { loadRuntime, openSession, versionOf } from './runtime.mjs';

const sessions = new Map();
let runtime;
let options = {};

const REQUESTS = {
  async load({ module, session }) {
    runtime = await loadRuntime(undefined, module);
    options = session;
    return { version: versionOf(runtime) };
  },
  async open({ session, bytes }) {
    const opened = await openSession(runtime, bytes, options);
    sessions.set(session, opened);
    return { inputs: opened.inputs, outputs: opened.outputs };
  },
  async feed({ session, tensors }) {
    sessions.get(session).feed(tensors);
  },
  fetch({ session, names }) {
    return sessions.get(session).fetch(names);
  },
  async release({ session }) {
    await sessions.get(session)?.release();
    sessions.delete(session);
  },
};

async function serve({ id, request, ...rest }) {
  try {
    reply({ id, result: await REQUESTS[request](rest) });
  } catch (error) {
    reply({ id, error: { message: String(error?.message ?? error), code: error?.code ?? null } });
  }
}

function reply(message) {
  if (parentPort === null) return process.send(message);
  try {
    return parentPort.postMessage(message, buffersOf(message.result));
  } catch {
    // Buffers that native code owns cannot be handed over: they are copied.
    return parentPort.postMessage(message);
  }
}

/** What can be handed over without a copy: every buffer once, and only what ONNX Runtime made for this answer. */
function buffersOf(result) {
  if (!Array.isArray(result)) return [];
  const buffers = result.filter((tensor) => ArrayBuffer.isView(tensor.data)).map((tensor) => tensor.data.buffer);
  return [...new Set(buffers)];
}

let last = Promise.resolve();
(parentPort ?? process).on('message', (message) => {
  last = last.then(() => serve(message));
});
// A host that is gone leaves nobody to answer.
if (parentPort === null) process.on('disconnect', () => process.exit(0));
