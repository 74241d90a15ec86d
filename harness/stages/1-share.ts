import { LayerdiffError } from '../errors.ts';
import { closest } from '../closest.ts';
import { fromNumbers, isFloat, toNumbers } from '../tensor.ts';
import { sameShape } from '../shape.ts';
import { countDifferent } from '../metrics/exact.ts';
import type { Graph } from '../types/graph.ts';
import type { Alignment, Pair } from '../types/pair.ts';
import type { DataType, TensorSource } from '../types/tensor.ts';

/** One input or parameter that the two sides do not have in common. */
export interface NotShared {
  readonly pair: Pair;
  readonly kind: 'parameter' | 'input';
  readonly detail: string;
}

/** What both sides were given, and what of it is proven equal. */
export interface Shared {
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly differs: readonly NotShared[];
  /** Recorded parameters that differ because training has moved them: used as they are. */
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
  const notes: string[] = [];
  const unknown = [...given.keys()].filter((name) => !graph.inputs.some((i) => i.name === name));
  if (unknown.length > 0) throw unknownInput(unknown[0] as string, graph);
  for (const { name, dtype } of graph.inputs) {
    const pair = alignment.pairs.get(name);
    const recorded = pair?.value ?? null;
    const source = recorded ?? given.get(name);
    if (source === undefined || source === null) throw missingInput(name, graph);
    inputs.set(name, dtype === null ? source : asType(source, dtype, `input ${name}`));
    const other = given.get(name);
    if (pair !== undefined && recorded !== null && other !== undefined) {
      const detail = unequal(recorded, other);
      if (detail !== null) differs.push({ pair, kind: 'input', detail });
    }
  }
  const parameters = compareParameters(graph, alignment, iteration);
  if (parameters.proven === 0 && graph.initializers.size > 0) {
    notes.push(
      'The trace holds no parameters: the reference’s were taken. That both sides had the same ones is not proven.',
    );
  }
  return { inputs, differs: [...parameters.differs, ...differs], moved: parameters.moved, notes };
}

function compareParameters(graph: Graph, alignment: Alignment, iteration: number) {
  const differs: NotShared[] = [];
  const moved = new Map<string, TensorSource>();
  let proven = 0;
  for (const [name, source] of graph.initializers) {
    const pair = alignment.pairs.get(name);
    if (pair === undefined || pair.value === null) continue;
    const detail = unequal(pair.value, source);
    proven++;
    if (detail === null) continue;
    if (iteration > 0 && sameShape(pair.value.shape, source.shape))
      moved.set(name, asType(pair.value, source.dtype, name));
    else differs.push({ pair, kind: 'parameter', detail });
  }
  return { differs, moved, proven };
}

/** Null where equal in the subject's own type; otherwise what differs, in words. */
function unequal(subject: TensorSource, reference: TensorSource): string | null {
  if (!sameShape(subject.shape, reference.shape)) {
    return `its shape is [${subject.shape.join(', ')}], the reference's [${reference.shape.join(', ')}]`;
  }
  const mine = subject.read();
  const theirs = reference.read();
  if (mine.dtype === theirs.dtype) {
    const different = countDifferent(mine, theirs);
    return different === 0 ? null : describe(different, mine.data.length, toNumbers(mine), toNumbers(theirs));
  }
  const rounded = fromNumbers(mine.dtype, mine.shape, toNumbers(theirs));
  const different = countDifferent(mine, rounded);
  return different === 0 ? null : describe(different, mine.data.length, toNumbers(mine), toNumbers(rounded));
}

function describe(different: number, all: number, mine: Float64Array, theirs: Float64Array): string {
  const at = mine.findIndex((x, i) => !Object.is(x, theirs[i]) && x !== theirs[i]);
  return `${different} of ${all} elements differ; the first is element ${at}: ${mine[at]} here, ${theirs[at]} in the reference`;
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

function missingInput(name: string, graph: Graph): LayerdiffError {
  const input = graph.inputs.find((i) => i.name === name);
  const shape = input?.shape?.map((d) => d ?? '?').join(', ') ?? '?';
  return new LayerdiffError(
    'E_INPUT',
    `input ${name}`,
    `the reference needs it (${input?.dtype ?? 'any type'} [${shape}]), and neither the trace nor --inputs has it`,
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
