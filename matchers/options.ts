import { readTensors } from '../adapters/trace/index.ts';
import type { CheckOptions } from '../harness/check.ts';
import { parseAllowance, parseTolerance } from '../harness/tolerances/index.ts';
import type { TensorSource } from '../harness/types/tensor.ts';
import { type NumbersLike, sourceFrom } from './numbers-like.ts';

/** Tensors by name: a file (.safetensors, .npz), or the tensors themselves. */
export type TensorsLike =
  | string
  | ReadonlyMap<string, TensorSource | NumbersLike>
  | Readonly<Record<string, TensorSource | NumbersLike>>;

/** How a network is compared: the options of the command line, by the same names. */
export interface MatchOptions {
  /** Inputs by the reference's names; a trace may hold its own. */
  readonly inputs?: TensorsLike;
  /** The subject's names to the reference's. */
  readonly map?: Readonly<Record<string, string>>;
  readonly loss?: string;
  readonly seeds?: readonly string[];
  /** Run it twice to see whether it is deterministic (default true). */
  readonly twice?: boolean;
  /** `calibrated` (default), `exact`, `allclose:rtol,atol`, `ulp:n`, `cosine:c`, or `GLOB=` and one of these. */
  readonly tolerance?: string | readonly string[];
  /** Tensors (by glob) that may lack precision, each with the reason. */
  readonly allowPrecision?: Readonly<Record<string, string>>;
  /** One line a layer in the message (default false). */
  readonly layers?: boolean;
}

/** What the harness's check takes. Throws E_FILE, E_FORMAT, E_INPUT for inputs that cannot be read, E_OPTION for a tolerance that does not exist. */
export function checkOptions(options: MatchOptions): CheckOptions {
  const { inputs, map, loss, seeds, twice, tolerance, allowPrecision } = options;
  return {
    ...(inputs === undefined ? {} : { inputs: tensorsFrom(inputs, 'inputs') }),
    map: new Map(Object.entries(map ?? {})),
    loss: loss ?? null,
    seeds: seeds ?? [],
    twice: twice ?? true,
    tolerances: [tolerance ?? []].flat().map(parseTolerance),
    allowPrecision: Object.entries(allowPrecision ?? {}).map(([glob, reason]) => parseAllowance(`${glob}=${reason}`)),
    host: { now: () => performance.now() / 1000, peakBytes: () => process.resourceUsage().maxRSS * 1024 },
  };
}

/** Tensors by name, from wherever they are. */
export function tensorsFrom(tensors: TensorsLike, place: string): ReadonlyMap<string, TensorSource> {
  if (typeof tensors === 'string') return readTensors(tensors);
  const entries = Symbol.iterator in tensors ? [...(tensors as ReadonlyMap<string, unknown>)] : Object.entries(tensors);
  return new Map(entries.map(([name, value]) => [name, sourceFrom(value, `${place}, "${name}"`)]));
}
