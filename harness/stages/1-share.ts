import { LayerdiffError } from '../errors.ts';
import { closest } from '../closest.ts';
import { floatsOf, fromNumbers, isFloat, toNumbers, unitRoundoff } from '../tensor.ts';
import { permutations, permuteAxes } from '../layout.ts';
import { sameShape } from '../shape.ts';
import type { Graph, ValueInfo } from '../types/graph.ts';
import type { Alignment, Pair } from '../types/pair.ts';
import type { DataType, Tensor, TensorSource } from '../types/tensor.ts';

/** One input or parameter that the two sides do not have in common. */
export interface NotShared {
  readonly pair: Pair;
  readonly kind: 'parameter' | 'input';
  readonly detail: string;
  /** Where the subject's holds the reference's numbers with its axes in another order: the subject's axis for each of the reference's. */
  readonly axes: readonly number[] | null;
}

/** What both sides were given, and what of it is proven equal. */
export interface Shared {
  /** By name, in the reference's types. */
  readonly inputs: ReadonlyMap<string, TensorSource>;
  /** The same as the subject recorded them: with more digits, it may be. */
  readonly recorded: ReadonlyMap<string, TensorSource>;
  readonly differs: readonly NotShared[];
  /** Recorded parameters that are used as they are: training has moved them, or they have more digits than the reference's. */
  readonly moved: ReadonlyMap<string, TensorSource>;
  readonly notes: readonly string[];
}

/**
 * Stage 1: the same inputs and parameters on both sides, proven, not assumed.
 * Inputs come from the trace, or from what was given; parameters recorded in the trace must equal the reference's, element by
 * element in the subject's own type, unless the trace is of a later iteration.
 * @throws E_INPUT where an input of the reference is nowhere to be found
 */
export function share(
  graph: Graph,
  alignment: Alignment,
  given: ReadonlyMap<string, TensorSource>,
  iteration: number,
): Shared {
  const differs: NotShared[] = [];
  const inputs = new Map<string, TensorSource>();
  const asRecorded = new Map<string, TensorSource>();
  const notes: string[] = [];
  const unknown = [...given.keys()].filter((name) => !graph.inputs.some((i) => i.name === name));
  if (unknown.length > 0) throw unknownInput(unknown[0] as string, graph);
  for (const input of graph.inputs) {
    const { name, dtype, shape } = input;
    const pair = alignment.pairs.get(name);
    const source = pair?.value ?? given.get(name);
    if (source === undefined) throw missingInput(input);
    inputs.set(name, dtype === null ? source : asType(source, dtype, `input ${name}`));
    asRecorded.set(name, source);
    const other = given.get(name);
    if (other !== undefined) proveFits(other, name, dtype, shape);
    if (pair?.value && other !== undefined) {
      const detail = unequal(pair.value, other);
      if (detail !== null) differs.push({ pair, kind: 'input', detail, axes: null });
    }
  }
  const parameters = compareParameters(graph, alignment, iteration);
  notes.push(...parameterNotes(parameters.unproven, parameters.proven));
  const { moved } = parameters;
  return { inputs, recorded: asRecorded, differs: [...parameters.differs, ...differs], moved, notes };
}

function compareParameters(graph: Graph, alignment: Alignment, iteration: number) {
  const differs: NotShared[] = [];
  const moved = new Map<string, TensorSource>();
  const unproven: string[] = [];
  let proven = 0;
  for (const [name, source] of graph.initializers) {
    const pair = alignment.pairs.get(name);
    if (pair === undefined || pair.value === null) {
      if (isFloat(source.dtype)) unproven.push(name);
      continue;
    }
    const detail = unequal(pair.value, source);
    proven++;
    const finer = isFloat(source.dtype) && unitRoundoff(pair.value.dtype) < unitRoundoff(source.dtype);
    const trained = iteration > 0 && sameShape(pair.value.shape, source.shape);
    if (detail === null ? finer : trained) moved.set(name, pair.value);
    else if (detail !== null) differs.push({ pair, kind: 'parameter', detail, axes: otherOrder(pair.value, source) });
  }
  return { differs, moved, proven, unproven };
}

function parameterNotes(unproven: readonly string[], proven: number): readonly string[] {
  if (unproven.length === 0) return [];
  if (proven === 0)
    return [
      'The trace holds no parameters: the reference’s were taken. That both sides had the same ones is not proven.',
    ];
  const shown = `${unproven.slice(0, 3).join(', ')}${unproven.length > 3 ? ', …' : ''}`;
  return [
    `The trace lacks ${unproven.length} of the parameters (${shown}): the reference’s were taken. That both sides had the same ones is not proven.`,
  ];
}

/** Axes in another order that make the subject's tensor equal the reference's, or null. */
function otherOrder(subject: TensorSource, reference: TensorSource): readonly number[] | null {
  const rank = reference.shape.length;
  if (subject.shape.length !== rank || rank > 5) return null;
  return permutations(rank).find((axes) => unequal(permuteAxes(subject, axes), reference) === null) ?? null;
}

/** Null where equal in the narrower of the two types; otherwise what differs, in words. */
function unequal(subject: TensorSource, reference: TensorSource): string | null {
  if (!sameShape(subject.shape, reference.shape)) {
    return `its shape is [${subject.shape.join(', ')}], the reference's [${reference.shape.join(', ')}]`;
  }
  if ((subject.dtype === 'string') !== (reference.dtype === 'string')) {
    return `it is ${subject.dtype}, the reference's ${reference.dtype}`;
  }
  const [mine, theirs] = comparable(subject.read(), reference.read());
  let [different, first] = [0, 0];
  for (let i = mine.length - 1; i >= 0; i--) {
    if (mine[i] === theirs[i] || Object.is(mine[i], theirs[i])) continue;
    different++;
    first = i;
  }
  if (different === 0) return null;
  return `${different} of ${mine.length} elements differ; the first is element ${first}: ${mine[first]} here, ${theirs[first]} in the reference`;
}

/** The elements of both, to be held against each other: as they are where they are no floats, so that 64 bits keep every digit; else as numbers. */
function comparable(a: Tensor, b: Tensor): readonly [ArrayLike<unknown>, ArrayLike<unknown>] {
  if (!isFloat(a.dtype) && !isFloat(b.dtype))
    return a.dtype === b.dtype ? [a.data, b.data] : [toNumbers(a), toNumbers(b)];
  const dtype = unitRoundoff(a.dtype) < unitRoundoff(b.dtype) ? b.dtype : a.dtype;
  const numbers = (x: Tensor) => floatsOf(x.dtype === dtype ? x : fromNumbers(dtype, x.shape, toNumbers(x)));
  return [numbers(a), numbers(b)];
}

/** The same numbers as another type of element; exact where the type is wider. */
export function asType(source: TensorSource, dtype: DataType, place: string): TensorSource {
  if (source.dtype === dtype) return source;
  if (source.dtype === 'string' || dtype === 'string' || isFloat(source.dtype) !== isFloat(dtype)) {
    throw new LayerdiffError(
      'E_INPUT',
      place,
      `it is ${source.dtype}, the reference takes ${dtype}`,
      `Record or give it as ${dtype}.`,
    );
  }
  const read = () => fromNumbers(dtype, source.shape, toNumbers(source.read()));
  return { dtype, shape: source.shape, read };
}

/** An input that was given must be one that the reference takes. Throws E_INPUT. */
function proveFits(
  { dtype, shape }: TensorSource,
  name: string,
  wants: DataType | null,
  sizes: ValueInfo['shape'],
): void {
  const fits =
    sizes === null || (sizes.length === shape.length && sizes.every((d, i) => typeof d !== 'number' || d === shape[i]));
  if (fits && (wants === null || isFloat(dtype) === isFloat(wants))) return;
  throw new LayerdiffError(
    'E_INPUT',
    `input ${name}`,
    `${dtype} [${shape.join(', ')}] was given, the reference takes ${wants ?? 'any type'} [${(sizes ?? ['…']).map((d) => d ?? '?').join(', ')}]`,
    'Give the type and shape that the model declares.',
  );
}

/**
 * The same numbers for the oracle, with every digit that was recorded: a float64 subject of a float32 network is judged on what it had, not on
 * what float32 leaves of it. A source with more digits than `dtype` is said to be float32 (so that N32 rounds) and holds float64 elements.
 */
export function asHeld(source: TensorSource, dtype: DataType, place: string): TensorSource {
  const rounded = asType(source, dtype, place);
  if (!isFloat(dtype) || unitRoundoff(source.dtype) >= unitRoundoff(dtype)) return rounded;
  const { shape } = source;
  return { dtype: 'float32', shape, read: () => ({ dtype: 'float32', shape, data: toNumbers(source.read()) }) };
}

function missingInput({ name, dtype, shape }: ValueInfo): LayerdiffError {
  const sizes = shape?.map((d) => d ?? '?').join(', ') ?? '?';
  return new LayerdiffError(
    'E_INPUT',
    `input ${name}`,
    `the reference needs it (${dtype ?? 'any type'} [${sizes}]), and neither the trace nor --inputs has it`,
    `Record it as value/${name}, or give a file that holds "${name}" with --inputs.`,
  );
}

function unknownInput(name: string, graph: Graph): LayerdiffError {
  const names = graph.inputs.map((i) => i.name);
  const near = closest(name, names);
  return new LayerdiffError(
    'E_INPUT',
    `input ${name}`,
    `the reference has no such input; it has ${names.join(', ') || 'none'}`,
    near === null ? 'Rename it in the inputs file.' : `Did you mean "${near}"?`,
  );
}
