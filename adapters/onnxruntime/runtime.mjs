// ONNX Runtime, as it is: loads it, opens sessions, runs them. Plain JavaScript and free of our other modules, because
// the same code also runs in a thread or a process of its own (runner.mjs), started from the sources as from dist/.
import { createRequire } from 'node:module';

/**
 * One thread, one order, no fusion: repeated runs are then bit-identical, and every tensor of the model exists.
 * Only a fatal error may be printed (4): everything else comes back as an exception.
 */
export const SESSION_OPTIONS = Object.freeze({
  graphOptimizationLevel: 'disabled',
  executionMode: 'sequential',
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 4,
});

const TYPED_ARRAYS = {
  float64: Float64Array,
  float32: Float32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  // Newer JavaScript has an array of its own for it, which ONNX Runtime then insists on.
  float16: globalThis.Float16Array ?? Uint16Array,
};

/**
 * A build of ONNX Runtime: a package, found beside this one or beside the user's project, or the URL of a module with the same API. Throws
 * Node's own error where it is in neither.
 */
export async function loadRuntime(importModule = (name) => import(name), name = 'onnxruntime-node') {
  try {
    return quiet(moduleOf(await importModule(name)));
  } catch (error) {
    if (!isAbsent(error) || name.startsWith('file:')) throw error;
    const fromProject = createRequire(`${process.cwd()}/package.json`).resolve(name);
    return quiet(moduleOf(await importModule(fromProject)));
  }
}

/** WebAssembly on one thread, as the native library is: repeated runs are then bit-identical, and no thread of its own keeps a process alive. */
function quiet(runtime) {
  if (runtime?.env?.wasm !== undefined) runtime.env.wasm.numThreads = 1;
  return runtime;
}

/** True for the error of an import that found no such package. */
export function isAbsent(error) {
  return error?.code === 'ERR_MODULE_NOT_FOUND' || error?.code === 'MODULE_NOT_FOUND';
}

/** Version of the build: of what it adds to the common interface, where it says so. */
export function versionOf(runtime) {
  const { common, ...own } = runtime?.env?.versions ?? {};
  return own.node ?? own.web ?? Object.values(own)[0] ?? common ?? 'unknown';
}

/**
 * True where typed arrays made by native code are of this realm. They are not in a Jest environment that does not share
 * them: ONNX Runtime then refuses its own results, and must run in a thread, which has no such second realm.
 */
export function sharesRealm() {
  return structuredClone(new Float32Array(1)) instanceof Float32Array;
}

/** Opens a session on the model's bytes; `options` win over {@link SESSION_OPTIONS}. What is fed stays for all its runs. */
export async function openSession(runtime, bytes, options = {}) {
  const session = await runtime.InferenceSession.create(bytes, { ...SESSION_OPTIONS, ...options });
  if (session.inputMetadata === undefined)
    throw new TypeError('this build is too old: it does not say what its inputs are (1.22 does)');
  const feeds = {};
  return {
    inputs: session.inputMetadata.map(plainMetadata),
    outputs: session.outputMetadata.map(plainMetadata),
    feed(tensors) {
      for (const tensor of tensors) feeds[tensor.name] = toNative(runtime, tensor);
    },
    async fetch(names) {
      const results = await session.run(feeds, [...names], { logSeverityLevel: 4 });
      return names.map((name) => fromNative(name, results[name]));
    },
    release: () => session.release(),
  };
}

const moduleOf = (imported) => imported.default ?? imported;

const plainMetadata = ({ name, isTensor, type, shape }) => ({
  name,
  type: isTensor ? type : null,
  shape: isTensor ? [...shape] : null,
});

function toNative(runtime, { type, dims, data }) {
  if (type === 'string') return new runtime.Tensor('string', [...data], [...dims]);
  const Kind = TYPED_ARRAYS[type];
  if (Kind === undefined) throw new TypeError(`Unsupported tensor type: ${type}.`);
  // A view of this realm on the same memory: `data` may come from another one.
  return new runtime.Tensor(type, new Kind(data.buffer, data.byteOffset, data.length), [...dims]);
}

function fromNative(name, { type, dims, data }) {
  const bits = type === 'float16' ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return { name, type, dims: [...dims], data: bits };
}
