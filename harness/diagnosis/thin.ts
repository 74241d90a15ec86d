import { fromSource } from '../oracle/value.ts';
import { sizeOf } from '../shape.ts';
import { fromNumbers, sourceOf, toNumbers } from '../tensor.ts';
import { wire } from '../graph.ts';
import { readsOf } from '../graph.ts';
import type { Value } from '../types/oracle.ts';
import type { Shape, TensorSource } from '../types/tensor.ts';
import { evaluationCost, isOpen } from './budget.ts';
import { openSession, type Session } from './session.ts';

/** A share of the budget so small that every idea there is can be evaluated on the sample. */
const CHEAP = 1 / 600;
/** Fewer positions than this along an axis would show nothing of it. */
const FEWEST = 3;
const ROUNDS = 4;
/** A cut that leaves more of the cost than this is none. */
const WORTHWHILE = 0.75;
/** A sliced segment computes the same numbers, but for the order of a sum. */
const SAME = 1e-9;

/**
 * The same layer on fewer of its rows: some positions of an axis of the tensor, and of what it is computed from. Which slices of what belong together
 * is not known but proven: the layer, run on the slices, must give the slice of its answer. Null where the session is cheap enough,
 * or no axis can be cut.
 */
export function thinned(session: Session): Session | null {
  let thin: Session | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const current = thin ?? session;
    if (evaluationCost(current) <= CHEAP * session.budget.limit) break;
    const next = cut(current);
    if (next === null) break;
    thin = next;
  }
  return thin;
}

function cut(session: Session): Session | null {
  const { shape } = session.truth;
  const axes = shape.map((size, axis) => ({ size, axis })).sort((a, b) => a.axis - b.axis);
  for (const { size, axis } of axes) {
    const share = (CHEAP * session.budget.limit) / evaluationCost(session);
    const count = Math.max(FEWEST, Math.ceil(size * share));
    if (count > size / 2) continue;
    const picked = positions(session, axis, count);
    for (const rule of SLICES) {
      const made = sliced(session, axis, picked, rule);
      if (made !== null) return made;
    }
  }
  return null;
}

/** Positions spread evenly, with the first, the last, and the one that is most wrong. */
function positions({ subject, truth }: Session, axis: number, count: number): readonly number[] {
  const { shape } = truth;
  const size = shape[axis] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  const error = new Float64Array(size);
  for (let i = 0; i < truth.data.length; i++) {
    const at = Math.floor(i / inner) % size;
    const e = Math.abs((subject.data[i] as number) - (truth.data[i] as number));
    error[at] = (error[at] as number) + (Number.isFinite(e) ? e : 1);
  }
  const worst = error.indexOf(error.reduce((a, b) => Math.max(a, b), 0));
  const even = Array.from({ length: count - 1 }, (_, i) => Math.round((i * (size - 1)) / (count - 2)));
  return [...new Set([...even, Math.max(0, worst)])].sort((a, b) => a - b);
}

/** A tensor around the segment, as the rules of slicing see it. */
interface Around {
  readonly shape: Shape;
  readonly parameter: boolean;
  /** A gradient that flows in, or the value of a tensor that has one. */
  readonly outward: boolean;
}

/** Which axis of a tensor goes with an axis of the faulty one; -1: none. */
type Slice = (around: Around, axis: number, size: number, rank: number) => number;

const at = ({ shape }: Around, axis: number, size: number): number => (shape[axis] === size ? axis : -1);
const first = (around: Around, size: number): number => at(around, 0, size);
const last = (around: Around, size: number): number => at(around, around.shape.length - 1, size);

/** The usual ways in which axes belong together: rows of activations; channels of parameters and of activations; columns. */
const SLICES: readonly Slice[] = [
  (t, axis, size) => (t.parameter ? -1 : at(t, axis, size)),
  (t, axis, size) => (t.parameter ? first(t, size) : at(t, axis, size)),
  (t, axis, size) => (t.parameter ? first(t, size) : t.outward ? at(t, axis, size) : -1),
  (t, _axis, size) => (t.parameter ? first(t, size) : t.outward ? at(t, 1, size) : -1),
  (t, axis, size, rank) => (axis === rank - 1 ? last(t, size) : -1),
  (t, axis, size, rank) => (axis === rank - 1 && (t.parameter || t.outward) ? last(t, size) : -1),
];

function sliced(session: Session, axis: number, picked: readonly number[], rule: Slice): Session | null {
  const { truth, subject, slack, tensor, request, recordedGradients, recordedValues, wiring, direction } = session;
  const { shape } = truth;
  const size = shape[axis] as number;
  const around = surroundings(session);
  const cutOf = (name: string, source: TensorSource, outward: boolean): TensorSource => {
    if (name === tensor && source.shape.length === shape.length) return narrow(source, axis, picked, size);
    if (!around.has(name)) return source;
    const parameter = wiring.graph.initializers.has(name);
    const own = rule({ shape: source.shape, parameter, outward }, axis, size, shape.length);
    return own < 0 ? source : narrow(source, own, picked, size);
  };
  const ends = (name: string): boolean =>
    direction === 'forward' ? name === tensor : session.request.gradients.has(name);
  const values = (map: ReadonlyMap<string, TensorSource>) =>
    new Map([...map].map(([n, s]) => [n, cutOf(n, s, ends(n))] as const));
  const gradients = (map: ReadonlyMap<string, TensorSource>) =>
    new Map([...map].map(([n, s]) => [n, cutOf(n, s, true)] as const));
  const graph = { ...wiring.graph, initializers: values(wiring.graph.initializers) };
  const requested = {
    inputs: values(request.inputs),
    values: values(request.values),
    gradients: gradients(request.gradients),
    loss: request.loss,
  };
  const kept = narrowed(truth, axis, picked);
  const thinWiring = wire(graph);
  const given = {
    ...session,
    wiring: thinWiring,
    request: requested,
    subject: narrowed(subject, axis, picked),
    truth: kept,
    slack: slack === null ? null : narrowed({ ...truth, data: slack }, axis, picked).data,
  };
  const thin = openSession(given, values(recordedValues), gradients(recordedGradients), session.budget);
  return saves(thin, session) && agrees(thin) ? thin : null;
}

/** Only what is cheaper is worth its proof, which is an evaluation by itself. */
function saves(thin: Session, session: Session): boolean {
  const { budget } = session;
  const cost = evaluationCost(thin);
  if (!(cost <= WORTHWHILE * evaluationCost(session) && isOpen(budget))) return false;
  budget.spent += cost;
  return true;
}

/** What the segment reads, and what flows back into it. */
function surroundings({ segment, tensor }: Session): ReadonlySet<string> {
  return new Set([tensor, ...segment.nodes.flatMap((node) => [...readsOf(node), ...node.outputs])]);
}

/** True where the layer, run on the slices, gives the slice of its answer. */
function agrees({ oracle, tensor, direction, truth: kept }: Session): boolean {
  try {
    const made = direction === 'forward' ? oracle.value(tensor).r64 : oracle.gradient(tensor).r64;
    if (made.data.length !== kept.data.length) return false;
    const scale = kept.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    return made.data.every((x, i) => {
      const want = kept.data[i] as number;
      return Object.is(x, want) || Math.abs(x - want) <= SAME * scale;
    });
  } catch {
    return false; // these slices do not belong together
  }
}

function narrow(source: TensorSource, axis: number, picked: readonly number[], size: number): TensorSource {
  if (source.shape[axis] !== size) return source;
  const value = fromSource(source);
  const part = narrowed({ ...value, data: toNumbers(source.read()) }, axis, picked);
  return sourceOf(fromNumbers(source.dtype, part.shape, part.data));
}

/** The picked positions of one axis. */
function narrowed(value: Value, axis: number, picked: readonly number[]): Value {
  const { shape, data } = value;
  const [outer, inner] = [sizeOf(shape.slice(0, axis)), sizeOf(shape.slice(axis + 1))];
  const size = shape[axis] as number;
  const kept = new Float64Array(outer * picked.length * inner);
  for (let o = 0; o < outer; o++)
    picked.forEach((p, k) => {
      const from = (o * size + p) * inner;
      kept.set(data.subarray(from, from + inner), (o * picked.length + k) * inner);
    });
  return { ...value, shape: shape.map((n, i) => (i === axis ? picked.length : n)), data: kept };
}
