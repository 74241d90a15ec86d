import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { isTwin, type TwinRequest } from '../adapters/network/twin-request.ts';
import { closest } from '../harness/closest.ts';
import { LayerdiffError } from '../harness/errors.ts';
import { exported } from './load-module.ts';

/** What `layerdiff.config.ts` (or .js, .mjs, .json) may hold. Paths are relative to the file. */
export interface Config {
  /**
   * The implementation under test: paths of traces, modules or models, a network, `onnxModelSubject(…)` or `{ model: 'model.onnx', runtime: … }`; one
   * or a list.
   */
  readonly subject?: string | object | readonly (string | object)[];
  /**
   * The same network in a framework: path of an .onnx model, or of a module that exports a reference; or `twin()`, written from what the
   * subject's layers say they are. Of two, each has a vote: where they disagree, the oracle decides.
   */
  readonly reference?: string | TwinRequest | readonly (string | TwinRequest)[];
  /** File with the inputs, by the reference's names. */
  readonly inputs?: string;
  /** The subject's names to the reference's: a file, or the mapping itself. */
  readonly map?: string | Readonly<Record<string, string>>;
  readonly loss?: string;
  readonly seeds?: readonly string[];
  readonly report?: string | readonly string[];
  readonly out?: string;
  /** What the optimiser is set to, where updates are recorded: `{ algorithm: 'adam', learningRate: 0.001 }`, or `'adam,learningRate=0.001'`. */
  readonly optimizer?: string | Readonly<Record<string, unknown>>;
  /** Run the subject twice to see whether it is deterministic (default true). */
  readonly twice?: boolean;
  /** `calibrated` (default), `exact`, `allclose:rtol,atol`, `ulp:n`, `cosine:c`, or `GLOB=` and one of these; one or a list, the last that fits wins. */
  readonly tolerance?: string | readonly string[];
  /** Tensors (by glob) that may lack precision, each with the reason. */
  readonly allowPrecision?: Readonly<Record<string, string>>;
}

/** Gives an editor the types of a configuration. */
export const defineConfig = (config: Config): Config => config;

const KEYS: Record<keyof Config, (value: unknown) => boolean> = {
  subject: (v) => typeof v === 'string' || (typeof v === 'object' && v !== null),
  reference: (v) => isReference(v) || (Array.isArray(v) && v.length > 0 && v.every(isReference)),
  inputs: (v) => typeof v === 'string',
  map: (v) => typeof v === 'string' || isTextRecord(v),
  loss: (v) => typeof v === 'string',
  seeds: isTextList,
  report: (v) => typeof v === 'string' || isTextList(v),
  out: (v) => typeof v === 'string',
  optimizer: (v) => typeof v === 'string' || (typeof v === 'object' && v !== null && !Array.isArray(v)),
  twice: (v) => typeof v === 'boolean',
  tolerance: (v) => typeof v === 'string' || isTextList(v),
  allowPrecision: isTextRecord,
};

const isReference = (v: unknown): boolean => typeof v === 'string' || isTwin(v);

function isTextList(v: unknown): boolean {
  return Array.isArray(v) && v.every((x) => typeof x === 'string');
}

function isTextRecord(v: unknown): boolean {
  return (
    typeof v === 'object' && v !== null && !Array.isArray(v) && Object.values(v).every((x) => typeof x === 'string')
  );
}

/** The configuration of this folder or the nearest above it, with its paths made absolute. Throws E_OPTION where there is none, or a key is wrong. */
export async function loadConfig(from: string): Promise<Config> {
  const path = findConfig(from);
  if (path === null) {
    throw new LayerdiffError(
      'E_OPTION',
      from,
      'no subject was given, and there is no layerdiff.config.ts (.mts, .js, .mjs, .json) here or above',
      'Give SUBJECT --reference MODEL, or write a configuration with "layerdiff init".',
    );
  }
  const found = path.endsWith('.json') ? readJson(path) : await exported(path, 'config');
  return withAbsolutePaths(checkConfig(found, path), dirname(path));
}

function findConfig(from: string): string | null {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    for (const ending of ['ts', 'mts', 'js', 'mjs', 'json']) {
      const path = join(folder, `layerdiff.config.${ending}`);
      if (existsSync(path)) return path;
    }
    if (folder === dirname(folder)) return null;
  }
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LayerdiffError('E_OPTION', path, `it is not JSON: ${(error as Error).message}`, 'Correct it.');
  }
}

/** Proves that every key is known and of its type. */
export function checkConfig(found: unknown, place: string): Config {
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new LayerdiffError('E_OPTION', place, 'it does not export an object', 'Export default defineConfig({ … }).');
  }
  for (const [key, value] of Object.entries(found)) {
    const valid = KEYS[key as keyof Config];
    if (valid === undefined) {
      const near = closest(key, Object.keys(KEYS));
      const remedy = near === null ? `Known keys: ${Object.keys(KEYS).join(', ')}.` : `Did you mean "${near}"?`;
      throw new LayerdiffError('E_OPTION', `${place}, key "${key}"`, 'there is no such key', remedy);
    }
    if (value !== undefined && !valid(value)) {
      throw new LayerdiffError(
        'E_OPTION',
        `${place}, key "${key}"`,
        `its value is of the wrong type (${typeof value})`,
        'See "layerdiff init" for an example.',
      );
    }
  }
  return found as Config;
}

function withAbsolutePaths(config: Config, folder: string): Config {
  const at = <T>(value: T): T => (typeof value === 'string' && !isAbsolute(value) ? (join(folder, value) as T) : value);
  const all = <T>(value: T | readonly T[]) => (Array.isArray(value) ? value.map(at) : at(value));
  const withModel = (offered: unknown): unknown =>
    typeof offered === 'object' && offered !== null && typeof (offered as { model?: unknown }).model === 'string'
      ? { ...offered, model: at((offered as { model: string }).model) }
      : at(offered);
  const subject = Array.isArray(config.subject) ? config.subject.map(withModel) : withModel(config.subject);
  const { reference, inputs, map, out } = config;
  const paths = { subject, reference: all(reference), inputs: at(inputs), map: at(map), out: at(out) };
  const given = Object.fromEntries(Object.entries(paths).filter(([, value]) => value !== undefined));
  return { ...config, ...given };
}
