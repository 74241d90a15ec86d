import { createRequire } from 'node:module';
import type * as Core from '@tensorflow/tfjs-core';
import type * as Layers from '@tensorflow/tfjs-layers';
import type * as Converter from '@tensorflow/tfjs-converter';
import { LayerdiffError } from '../../harness/errors.ts';

/** TensorFlow.js as it was found: its operators, its Keras layers, and the backends that can compute. */
export interface Tfjs {
  readonly core: typeof Core;
  readonly layers: typeof Layers;
  readonly version: string;
  /** In order of preference. */
  readonly backends: readonly string[];
  /** Reads graph models. Throws E_PEER where tfjs-converter is not installed. */
  converter(): Promise<typeof Converter>;
}

export const INSTALL = 'npm i -D @tensorflow/tfjs @tensorflow/tfjs-backend-wasm';

let loaded: Promise<Tfjs> | null = null;

/**
 * TensorFlow.js, loaded on first use: `@tensorflow/tfjs` whole or in its parts, found beside this package or beside the user's project.
 * @throws E_PEER with the command that installs it
 */
export function loadTfjs(): Promise<Tfjs> {
  loaded ??= load().catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

async function load(): Promise<Tfjs> {
  const whole = await optional<typeof Core & typeof Layers & typeof Converter>('@tensorflow/tfjs');
  const core = whole ?? (await needed<typeof Core>('@tensorflow/tfjs-core'));
  if (whole === null) await needed('@tensorflow/tfjs-backend-cpu');
  if (whole === null) completeTensors(core);
  // The layers bring the gradients of all operators: tfjs-core alone registers none.
  const layers = whole ?? (await needed<typeof Layers>('@tensorflow/tfjs-layers'));
  return {
    core,
    layers,
    version: core.version_core,
    backends: await backendsOf(core),
    converter: async () => whole ?? needed<typeof Converter>('@tensorflow/tfjs-converter'),
  };
}

/** Methods that some gradients and initializers call on a tensor, and that only the whole of `@tensorflow/tfjs` gives it. */
const METHODS =
  'abs add cast clipByValue cumsum div dot equal exp expandDims floor gather greater greaterEqual' +
  ' less lessEqual log logicalAnd logicalNot matMul max maximum mean min minimum mul neg norm' +
  ' notEqual pad pow prod relu reshape reverse round rsqrt sigmoid sign slice softmax split sqrt' +
  ' square squeeze step sub sum tanh tile transpose unstack zerosLike';

function completeTensors(core: typeof Core): void {
  const prototype = core.Tensor.prototype as unknown as Record<string, unknown>;
  const ops = core as unknown as Record<string, ((...operands: unknown[]) => unknown) | undefined>;
  for (const name of METHODS.split(' ')) {
    const op = ops[name];
    if (op === undefined || name in prototype) continue;
    prototype[name] = function method(this: Core.Tensor, ...rest: unknown[]): unknown {
      return op(this, ...rest);
    };
  }
  for (const [name, dtype] of [
    ['toFloat', 'float32'],
    ['toInt', 'int32'],
    ['toBool', 'bool'],
  ] as const) {
    prototype[name] ??= function to(this: Core.Tensor): unknown {
      return core.cast(this, dtype);
    };
  }
  prototype['flatten'] ??= function flatten(this: Core.Tensor): unknown {
    return core.reshape(this, [this.size]);
  };
}

/** What is installed and starts: TensorFlow's own library, WebAssembly, plain JavaScript. */
async function backendsOf(core: typeof Core): Promise<readonly string[]> {
  const before = core.engine().backendName;
  const found: string[] = [];
  if (await started('tensorflow', native, core)) found.push('tensorflow');
  if (await started('wasm', () => optional('@tensorflow/tfjs-backend-wasm'), core)) found.push('wasm');
  silence(core);
  await core.setBackend('cpu');
  found.push('cpu');
  if (before) await core.setBackend(before);
  return found;
}

async function started(name: string, load: () => Promise<unknown>, core: typeof Core): Promise<boolean> {
  try {
    if (core.findBackend(name) === null && (await load()) === null) return false;
    // One thread: the same sums in the same order in every run.
    if (name === 'wasm') core.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    return await core.setBackend(name);
  } catch {
    return false;
  }
}

/** tfjs-node calls a function of `node:util` that Node 23 no longer has. */
async function native(): Promise<unknown> {
  const util = createRequire(import.meta.url)('node:util') as { isNullOrUndefined?: (value: unknown) => boolean };
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  return optional('@tensorflow/tfjs-node');
}

/** The plain JavaScript backend advertises tfjs-node on its first use; a report is no place for that. */
function silence(core: typeof Core): void {
  const cpu = core.findBackend('cpu') as { firstUse?: boolean } | null;
  if (cpu?.firstUse === true) cpu.firstUse = false;
}

async function needed<T>(name: string): Promise<T> {
  const found = await optional<T>(name);
  if (found !== null) return found;
  const reason = `TensorFlow.js runs this reference, and ${name} is not installed`;
  throw new LayerdiffError('E_PEER', name, reason, `Install it: ${INSTALL}`);
}

/** A package, or null where it is installed neither beside this one nor beside the user's project. */
async function optional<T>(name: string): Promise<T | null> {
  try {
    return moduleOf<T>(await import(name));
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
  try {
    return moduleOf<T>(await import(createRequire(`${process.cwd()}/package.json`).resolve(name)));
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

const isAbsent = (error: unknown): boolean =>
  ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND'].includes(String((error as { code?: unknown } | null)?.code));

const moduleOf = <T>(imported: unknown): T => ((imported as { default?: T }).default ?? imported) as T;
