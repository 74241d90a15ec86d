import { isLayerdiffError } from '../errors.ts';
import { createOracle, random32 } from '../oracle/index.ts';
import { operatorOf } from '../oracle/registry.ts';
import { segmentGraph } from '../segment.ts';
import type { ReplayPlan } from '../stages/4-replay.ts';
import { keyOf } from '../stages/5-judge.ts';
import { LARGEST } from '../tolerances/calibrated.ts';
import type { Graph } from '../types/graph.ts';
import type { AnswersAt, Oracle, OracleAnswer, Value } from '../types/oracle.ts';
import type { Direction } from '../types/trace.ts';
import { nudged } from './nudge.ts';

/** The oracle's answer, or why it has none; asked again it costs nothing, unless it was forgotten. */
export interface Ask {
  (tensor: string, direction: Direction): OracleAnswer | string;
  /** The answer at some elements; null where only the whole is to be had. */
  at(tensor: string, direction: Direction, elements: Int32Array): AnswersAt | null;
  /** A quantised value in steps before it was rounded; null where it is none. */
  beforeRounding(tensor: string): AnswersAt | null;
  /** Drops what is not needed any more: a network's answers together are larger than memory. */
  forget(tensor: string, direction: Direction): void;
}

/** The oracle's answer to one question, computed once; its time is kept apart. */
export function askedOnce(oracle: Oracle, plan: ReplayPlan, seconds: { oracle: number }, now: () => number): Ask {
  const known = new Map<string, OracleAnswer | string>();
  const timed = <T>(work: () => T): T => {
    const before = now();
    const result = work();
    seconds.oracle += now() - before;
    return result;
  };
  const whole = (tensor: string, direction: Direction): OracleAnswer | string => {
    const key = keyOf(tensor, direction);
    const answer = known.get(key) ?? timed(() => attempt(() => ask(oracle, plan, tensor, direction, timed)));
    known.set(key, answer);
    return answer;
  };
  const part = (question: () => AnswersAt | null): AnswersAt | null => {
    const answer = timed(() => attempt(question));
    return typeof answer === 'string' ? null : answer;
  };
  return Object.assign(whole, {
    at: (tensor: string, direction: Direction, elements: Int32Array) =>
      part(() => oracle.at(tensor, direction, elements)),
    beforeRounding: (tensor: string) => part(() => oracle.beforeRounding(tensor)),
    forget: (tensor: string, direction: Direction): void => void known.delete(keyOf(tensor, direction)),
  });
}

/**
 * So many randomly rounded replays stand for all the orders in which honest code may sum. A tensor of few elements needs more: its error is
 * hardly averaged, and a single number may have been lucky six times (with 4, one honest scalar in ten thousand would fail; with 16, one in ten million).
 */
const RESAMPLES = { many: 4, few: 16 } as const;
const FEW_ELEMENTS = 64;

function ask(
  oracle: Oracle,
  plan: ReplayPlan,
  tensor: string,
  direction: Direction,
  timed: <T>(work: () => T) => T,
): OracleAnswer | string {
  const { wiring, exact, coarse } = plan;
  const reason = oracle.supports(tensor, direction);
  if (reason !== null) return reason;
  const rough = coarse.values.size > 0 || coarse.gradients.size > 0;
  let part: Graph | null = null; // the whole graph would be planned anew for every tensor
  const segment = (): Graph => (part ??= segmentGraph(wiring, exact, tensor, direction));
  const replayed = (seed: number): Float64Array => {
    const request = rough ? nudged(exact, coarse, wiring.graph, seed) : exact;
    const again = createOracle(segment(), request, random32(seed));
    return (direction === 'forward' ? again.value(tensor) : again.gradient(tensor)).n32.data;
  };
  const resampled = (size: number) => (): Float64Array[] => {
    const length = size < FEW_ELEMENTS ? RESAMPLES.few : RESAMPLES.many;
    return timed(() => Array.from({ length }, (_, seed) => replayed(seed)));
  };
  if (direction === 'backward') {
    const { r64, n32, slack } = oracle.gradient(tensor);
    return { r64: overflowed(r64), n32, slack, scale: 0, resample: resampled(r64.data.length), rough };
  }
  const node = wiring.producer.get(tensor);
  const scale = node === undefined ? 0 : (operatorOf(node)?.scale ?? 0);
  const { r64, n32 } = oracle.value(tensor);
  return { r64: overflowed(r64), n32, slack: null, scale, resample: resampled(r64.data.length), rough };
}

/** What the oracle cannot compute it says; the framework alone is judged by then. */
function attempt<T>(question: () => T): T | string {
  try {
    return question();
  } catch (error) {
    if (isLayerdiffError(error)) return error.message;
    throw error;
  }
}

/** A number that the network's type cannot hold is infinite there, however large float64 may grow. */
function overflowed(value: Value): Value {
  const ceiling = LARGEST[value.dtype];
  if (ceiling === undefined || value.data.every((x) => !(Math.abs(x) > ceiling))) return value;
  return {
    ...value,
    data: value.data.map((x) => (Math.abs(x) > ceiling ? Math.sign(x) * Number.POSITIVE_INFINITY : x)),
  };
}
