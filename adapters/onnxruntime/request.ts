import { closest } from '../../harness/closest.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { sameShape } from '../../harness/shape.ts';
import { fromNumbers, toNumbers } from '../../harness/tensor.ts';
import type { ReplayRequest } from '../../harness/types/adapter.ts';
import type { Graph, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, Shape, TensorSource } from '../../harness/types/tensor.ts';
import { cutGraph, namesIn } from '../onnx/index.ts';
import type { ElementName } from './types.ts';

/** A graph, and what each of its inputs is fed with. */
export interface Fed {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, TensorSource>;
  /** Inputs at which a tensor was cut: `cut::t` → t. */
  readonly aliases: ReadonlyMap<string, string>;
}

/** A request made ready to run: the cut graph, and the graph that was cut. */
export interface Prepared extends Fed {
  readonly uncut: Fed;
}

/**
 * Cuts the graph at the recorded values. Recorded tensors of another numeric type than the network's are rounded to it.
 *
 * @param types element types of the uncut graph
 * @throws E_INPUT for an input that is missing, unknown, or not of the declared type and shape, and for an unknown tensor
 */
export function prepare(graph: Graph, types: ReadonlyMap<string, ElementName>, request: ReplayRequest): Prepared {
  checkNames(graph, request);
  const { graph: cut, aliases } = cutGraph(graph, new Set(request.values.keys()));
  const feeds = new Map<string, TensorSource>();
  for (const input of graph.inputs) {
    // An input that was recorded need not be given: all its uses read the recorded value.
    const given = request.inputs.get(input.name) ?? request.values.get(input.name);
    feeds.set(input.name, checkedInput(input, given));
  }
  const uncut: Fed = { graph, feeds: new Map(feeds), aliases: new Map() };
  for (const [input, tensor] of aliases) {
    feeds.set(input, asType(request.values.get(tensor) as TensorSource, types.get(tensor) ?? null));
  }
  return { graph: cut, aliases, feeds, uncut };
}

function checkNames(graph: Graph, { inputs, values, gradients, wantValues, wantGradients }: ReplayRequest): void {
  const declared = graph.inputs.map(({ name }) => name);
  for (const name of inputs.keys()) {
    if (!declared.includes(name)) throw unknown(name, 'the model has no such input', 'Its inputs are', declared);
  }
  const present = namesIn(graph);
  for (const name of [...values.keys(), ...gradients.keys(), ...wantValues, ...wantGradients]) {
    if (!present.has(name)) throw unknown(name, 'the model has no such tensor', 'Its tensors are', [...present]);
  }
}

function unknown(name: string, reason: string, listed: string, known: readonly string[]): LayerdiffError {
  const near = closest(name, known);
  const shown = known.slice(0, 20).join(', ') + (known.length > 20 ? ` and ${known.length - 20} more` : '');
  const meant = near === null ? '' : `Did you mean "${near}"? `;
  return new LayerdiffError('E_INPUT', name, reason, `${meant}${listed}: ${shown || 'none'}.`);
}

function checkedInput({ name, dtype, shape }: ValueInfo, given: TensorSource | undefined): TensorSource {
  const expected = `${dtype ?? 'a type that cannot be fed'} [${shape?.map((d) => d ?? '?').join(', ') ?? '…'}]`;
  if (given === undefined) {
    const remedy = shape?.every((d) => typeof d === 'number')
      ? ''
      : ' Its shape is not fixed, so that none can be made up.';
    throw wrongInput(name, `expected ${expected}, and it was not given`, `Give every input of the model.${remedy}`);
  }
  if (dtype === null || given.dtype !== dtype || !fits(shape, given.shape)) {
    const reason = `expected ${expected}, was given ${given.dtype} [${given.shape.join(', ')}]`;
    throw wrongInput(name, reason, 'Give the type and shape that the model declares.');
  }
  return given;
}

function fits(declared: ValueInfo['shape'], shape: Shape): boolean {
  if (declared === null) return true;
  return declared.length === shape.length && declared.every((d, axis) => typeof d !== 'number' || d === shape[axis]);
}

const wrongInput = (name: string, reason: string, remedy: string): LayerdiffError =>
  new LayerdiffError('E_INPUT', name, reason, remedy);

/** The same numbers, rounded to another type where the recorded one differs. */
export function asType(source: TensorSource, type: ElementName): TensorSource {
  const convertible = type !== null && type !== 'string' && source.dtype !== 'string' && source.dtype !== type;
  if (!convertible) return source;
  const { shape } = source;
  return { dtype: type as DataType, shape, read: () => fromNumbers(type as DataType, shape, toNumbers(source.read())) };
}

/** A recorded gradient as a seed. Throws E_SHAPE where it is not of its tensor's shape. */
export function seedFor(name: string, source: TensorSource, shape: Shape, dtype: DataType): TensorSource {
  if (sameShape(source.shape, shape)) return asType(source, dtype);
  throw new LayerdiffError(
    'E_SHAPE',
    name,
    `the recorded gradient has the shape [${source.shape.join(', ')}], its tensor [${shape.join(', ')}]`,
    'Leave this gradient out, or record it in the layout of the reference.',
  );
}
