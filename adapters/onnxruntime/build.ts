import { isAbsolute, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { closest } from '../../harness/closest.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import type { Runtime } from './runtime.mjs';

/** Levels of ONNX Runtime's graph optimisation. */
export const OPTIMIZATIONS = ['disabled', 'basic', 'extended', 'layout', 'all'] as const;
export type Optimization = (typeof OPTIMIZATIONS)[number];

/** Which ONNX Runtime runs a model that is under test, and how. */
export interface RuntimeOptions {
  /**
   * `onnxruntime-node` (default), `onnxruntime-web`, another package or the path of a module that has their API
   * (`InferenceSession.create`, `Tensor`, `env`), or such a module, already loaded.
   */
  readonly runtime?: string | object;
  /** Execution providers, in order of preference; the build's own by default: `['cpu']`, `['wasm']`. */
  readonly providers?: readonly string[];
  /** Graph optimisation (default `disabled`: every tensor of the model then exists). */
  readonly optimization?: Optimization;
  /** Any other session options of the build. */
  readonly session?: Readonly<Record<string, unknown>>;
}

/** A build of ONNX Runtime, ready to be loaded: here, in a thread or in a process. */
export interface Build {
  /** What messages and reports call it. */
  readonly name: string;
  /** Package, or URL of a module. */
  readonly module: string;
  /** Where it was given as it is: it can run here only. */
  readonly loaded: Runtime | null;
  readonly session: Readonly<Record<string, unknown>>;
  /** Weights are written into the model, as the user's is: only then can they be folded and fused. */
  readonly holdsParameters: boolean;
}

/** What runs the reference: onnxruntime-node, pinned. */
export const PINNED: Build = {
  name: 'onnxruntime-node',
  module: 'onnxruntime-node',
  loaded: null,
  session: {},
  holdsParameters: false,
};

/** The build that options ask for. Throws E_OPTION for a level that does not exist, or a module that is none. */
export function buildOf({
  runtime = PINNED.module,
  providers,
  optimization = 'disabled',
  session = {},
}: RuntimeOptions): Build {
  if (!OPTIMIZATIONS.includes(optimization)) throw noSuchLevel(optimization);
  const given = {
    ...session,
    ...(providers === undefined ? {} : { executionProviders: [...providers] }),
    graphOptimizationLevel: optimization,
  };
  const holdsParameters = optimization !== 'disabled';
  if (typeof runtime === 'object') return { ...ofModule(runtime), session: given, holdsParameters };
  const isPath = isAbsolute(runtime) || runtime.startsWith('.') || /\.[cm]?js$/.test(runtime);
  const module = isPath ? pathToFileURL(resolve(runtime)).href : runtime;
  return { name: runtime, module, loaded: null, session: given, holdsParameters };
}

function ofModule(runtime: object): Pick<Build, 'name' | 'module' | 'loaded'> {
  const loaded = ((runtime as { default?: unknown }).default ?? runtime) as Runtime & { InferenceSession?: unknown };
  if (loaded.InferenceSession !== undefined) return { name: 'ONNX Runtime', module: 'ONNX Runtime', loaded };
  const reason = 'what was given as the runtime has no InferenceSession';
  throw new LayerdiffError(
    'E_OPTION',
    'runtime',
    reason,
    "Give a module such as: import * as ort from 'onnxruntime-web'.",
  );
}

function noSuchLevel(level: string): LayerdiffError {
  const near = closest(level, OPTIMIZATIONS);
  const remedy = near === null ? `Choose from ${OPTIMIZATIONS.join(', ')}.` : `Did you mean "${near}"?`;
  return new LayerdiffError('E_OPTION', `optimization ${level}`, 'there is no such level', remedy);
}

/** `onnxruntime-web:wasm` as options: a package or the path of a module, and its execution providers. */
export function parseRuntime(text: string): RuntimeOptions {
  // A path may hold a colon itself (a drive): what follows the last one is no path.
  const [, runtime = text, providers] = /^(.+?)(?::([\w-]+(?:,[\w-]+)*))?$/.exec(text) ?? [];
  return { runtime, ...(providers === undefined ? {} : { providers: providers.split(',') }) };
}
