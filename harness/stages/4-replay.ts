import { isInterior, wire, type Wiring } from '../graph.ts';
import { isFloat, unitRoundoff } from '../tensor.ts';
import { sameShape } from '../shape.ts';
import { asHeld, asType } from './1-share.ts';
import type { ReplayRequest, TensorType } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { Pair } from '../types/pair.ts';
import type { DataType, TensorSource } from '../types/tensor.ts';

/** What will be replayed, chained and local, and what cannot be and why. */
export interface ReplayPlan {
  readonly wiring: Wiring;
  /** Each side on its own values: nothing cut. */
  readonly chained: ReplayRequest;
  /** The reference's layers on the subject's own values. */
  readonly local: ReplayRequest;
  /** `local` for the oracle: with every digit that the subject recorded. */
  readonly exact: ReplayRequest;
  /** Types narrower than the reference's in which values and gradients were recorded: what the subject had is known to their unit only. */
  readonly coarse: {
    readonly values: ReadonlyMap<string, DataType>;
    readonly gradients: ReadonlyMap<string, DataType>;
  };
  readonly loss: string | null;
  /** Reference's names whose recorded gradients start the backward pass, and are not judged. */
  readonly seeds: ReadonlySet<string>;
  /** Pairs that cannot be compared, with the reason. */
  readonly incomparable: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** What planning needs to know. */
export interface PlanRequest {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly pairs: ReadonlyMap<string, Pair>;
  readonly inputs: ReadonlyMap<string, TensorSource>;
  /** The inputs as the subject recorded them, where it did. */
  readonly recorded: ReadonlyMap<string, TensorSource>;
  /** Parameters that are taken from the subject: training has moved them, or it holds more digits of them. */
  readonly moved: ReadonlyMap<string, TensorSource>;
  readonly loss: string | null;
  readonly seeds: ReadonlySet<string>;
}

/**
 * Stage 4: cuts the graph at what the subject recorded. Every recorded value is fed to the layers that read it, every recorded
 * gradient to the layer that made the tensor; so each layer is judged on what it was given, whatever went wrong before it.
 */
export function planReplay(request: PlanRequest): ReplayPlan {
  const { graph, types, pairs, inputs, moved, loss, seeds } = request;
  const wiring = wire(graph);
  const incomparable = misfits(pairs, types);
  const sound = [...pairs.values()].filter((pair) => !incomparable.has(pair.tensor));
  const taken = recordedOf(sound, request, wiring);
  const wantValues = sound.filter((p) => p.value !== null && wiring.producer.has(p.tensor)).map((p) => p.tensor);
  const backward = loss !== null || seeds.size > 0;
  const wantGradients = backward ? [...taken.gradients.keys()].filter((name) => isAsked(name, request, wiring)) : [];
  const wants = { loss, wantValues, wantGradients };
  const typeOf = (name: string): DataType => (types.get(name) ?? graph.initializers.get(name))?.dtype ?? 'float32';
  const rounded = converted(asType, typeOf);
  const held = converted(asHeld, typeOf);
  const local = { ...wants, inputs, values: rounded(taken.values), gradients: rounded(taken.gradients) };
  const exact = {
    ...wants,
    inputs: held(request.recorded),
    values: held(taken.values),
    gradients: held(taken.gradients),
  };
  const starts = new Map([...local.gradients].filter(([name]) => seeds.has(name)));
  const chained = { ...wants, inputs, values: rounded(moved), gradients: starts };
  const coarse = { values: narrower(pairs, 'value', typeOf), gradients: narrower(pairs, 'gradient', typeOf) };
  const notes = planNotes(request, wiring, taken.gradients.size);
  return { wiring, chained, local, exact, coarse, loss, seeds, incomparable, notes };
}

/** A seed is given, not judged; nor is an end of the network that is not on the way of the seeds named. */
function isAsked(name: string, { loss, seeds }: PlanRequest, wiring: Wiring): boolean {
  return !seeds.has(name) && (seeds.size === 0 || name === loss || wiring.consumers.has(name));
}

/** What the subject recorded, and the graph is cut at. */
function recordedOf(sound: readonly Pair[], { types, moved }: PlanRequest, wiring: Wiring) {
  const values = new Map(moved);
  const gradients = new Map<string, TensorSource>();
  for (const { tensor, value, gradient } of sound) {
    if (value !== null && wiring.producer.has(tensor)) values.set(tensor, value);
    if (gradient !== null && isFloat((types.get(tensor) as TensorType).dtype)) gradients.set(tensor, gradient);
  }
  return { values, gradients };
}

const converted =
  (convert: typeof asType, typeOf: (name: string) => DataType) =>
  (sources: ReadonlyMap<string, TensorSource>): ReadonlyMap<string, TensorSource> =>
    new Map([...sources].map(([name, source]) => [name, convert(source, typeOf(name), name)]));

function narrower(
  pairs: ReadonlyMap<string, Pair>,
  what: 'value' | 'gradient',
  typeOf: (name: string) => DataType,
): ReadonlyMap<string, DataType> {
  const found = new Map<string, DataType>();
  for (const pair of pairs.values()) {
    const dtype = pair[what]?.dtype;
    if (dtype !== undefined && unitRoundoff(dtype) > unitRoundoff(typeOf(pair.tensor))) found.set(pair.tensor, dtype);
  }
  return found;
}

/** Pairs whose shapes or kinds of element do not fit. */
function misfits(pairs: ReadonlyMap<string, Pair>, types: ReadonlyMap<string, TensorType>): Map<string, string> {
  const reasons = new Map<string, string>();
  for (const { tensor, value, gradient } of pairs.values()) {
    const type = types.get(tensor);
    if (type === undefined) continue;
    for (const [what, source] of [
      ['value', value],
      ['gradient', gradient],
    ] as const) {
      if (source === null) continue;
      if (!sameShape(source.shape, type.shape)) {
        reasons.set(
          tensor,
          `the subject's ${what} has shape [${source.shape.join(', ')}], the reference's [${type.shape.join(', ')}]`,
        );
      } else if (kindOf(source.dtype) !== kindOf(type.dtype) && (what === 'value' || isFloat(type.dtype))) {
        reasons.set(tensor, `the subject's ${what} is ${source.dtype}, the reference's ${type.dtype}`);
      }
    }
  }
  return reasons;
}

const kindOf = (dtype: DataType): string => (isFloat(dtype) ? 'float' : dtype === 'string' ? 'string' : 'whole');

function planNotes(request: PlanRequest, wiring: Wiring, gradients: number): readonly string[] {
  const { graph, pairs, loss, seeds } = request;
  const notes: string[] = [];
  if (gradients === 0) notes.push('The trace holds no gradients: only the forward pass was compared.');
  else if (loss === null && seeds.size === 0) {
    notes.push(
      'The model has no scalar loss and no recorded gradient of an output: the backward pass was not compared. Name one with --loss, or record gradient/OUTPUT.',
    );
  } else {
    const open = [...graph.initializers].filter(([name, p]) => isFloat(p.dtype) && pairs.get(name)?.gradient == null);
    if (open.length > 0)
      notes.push(
        `The gradients of ${open.length} parameters are not recorded (${few(open.map(([name]) => name))}): nothing is known of them.`,
      );
  }
  const recorded = (name: string): boolean => pairs.get(name)?.value != null;
  const ends = graph.outputs.map((output) => output.name).filter((name) => !isSeen(name, recorded, wiring));
  if (ends.length > 0)
    notes.push(
      `The output${ends.length > 1 ? 's' : ''} ${few(ends)} of the network ${ends.length > 1 ? 'are' : 'is'} not recorded: what lies after the last recorded tensor was not judged.`,
    );
  const mayRecord = (name: string): boolean =>
    recorded(name) || !(isConstant(wiring, name) || isInterior(wiring, name));
  const computed = graph.nodes.flatMap((n) => n.outputs).filter((name) => name !== '' && mayRecord(name));
  const missing = computed.filter((name) => !recorded(name) && wiring.consumers.has(name));
  if (missing.length > 0) {
    const given = gradients > 0 ? ', and gradients were judged on the values that the reference computes there' : '';
    notes.push(
      `${missing.length} of ${computed.length} interior values are not recorded (${few(missing)}): what lies between recorded tensors was judged as one layer${given}.`,
    );
  }
  return notes;
}

/** Recorded, or something is that is made of it. */
function isSeen(name: string, recorded: (name: string) => boolean, { consumers }: Wiring): boolean {
  const open = [name];
  const known = new Set(open);
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (recorded(next)) return true;
    for (const output of (consumers.get(next) ?? []).flatMap((node) => node.outputs)) {
      if (known.has(output)) continue;
      known.add(output);
      open.push(output);
    }
  }
  return false;
}

const few = (names: readonly string[]): string => names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : '');

const isConstant = (wiring: Wiring, name: string): boolean => wiring.producer.get(name)?.op === 'Constant';
