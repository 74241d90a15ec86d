import { LayerdiffError } from '../errors.ts';
import { wire, type Wiring } from '../graph.ts';
import { normal, seedOf, uniform } from '../numerics/random.ts';
import { sizeOf } from '../shape.ts';
import { fromNumbers, isFloat, sourceOf } from '../tensor.ts';
import type { Reference, TensorType } from '../types/adapter.ts';
import type { Graph, ValueInfo } from '../types/graph.ts';
import type { DataType, TensorSource } from '../types/tensor.ts';
import { indexUses } from './index-uses.ts';

type Types = ReadonlyMap<string, TensorType>;

/** What a dimension that the model leaves open (`batch`) is taken to be. */
const OPEN_DIMENSION = 2;

/**
 * Seeded inputs of the declared types and shapes: standard normal floats, random booleans, and whole numbers within the range that their
 * uses allow (rows of a table, classes of a loss). A dimension that has only a name is 2.
 * @throws E_INPUT for an input whose type or rank is not declared, or whose whole numbers could mean anything
 */
export async function madeUpInputs(
  graph: Graph,
  describe: Reference['describe'],
  seed: number,
): Promise<ReadonlyMap<string, TensorSource>> {
  const blanks = new Map(graph.inputs.map((input) => [input.name, blank(input)]));
  // Zero is a valid index everywhere: with it the shapes, and so the ranges of all indices, can be found.
  const whole = graph.inputs.some(({ dtype }) => dtype !== null && dtype !== 'bool' && !isFloat(dtype));
  const types: Types = whole ? await describe(blanks) : new Map();
  const wiring = wire(graph);
  return new Map(
    [...blanks].map(([name, { dtype, shape }]) => {
      const size = sizeOf(shape);
      const draw = drawer(name, dtype, seed, () => rangeOf(name, wiring, types));
      return [name, sourceOf(fromNumbers(dtype, shape, Float64Array.from({ length: size }, draw)))];
    }),
  );
}

function blank({ name, dtype, shape }: ValueInfo): TensorSource {
  if (dtype === null || dtype === 'string' || shape === null || shape.includes(null)) {
    const what = `${dtype ?? 'no type'} [${shape?.map((d) => d ?? '?').join(', ') ?? '…'}]`;
    throw cannotMakeUp(name, `the model declares ${what}, from which no input can be made up`);
  }
  const sizes = shape.map((d) => (typeof d === 'number' ? d : OPEN_DIMENSION));
  return sourceOf(fromNumbers(dtype, sizes, new Float64Array(sizeOf(sizes))));
}

function drawer(name: string, dtype: DataType, seed: number, range: () => number): () => number {
  if (isFloat(dtype)) return normal(seedOf(name, seed));
  const random = uniform(seedOf(name, seed));
  const count = dtype === 'bool' ? 2 : range();
  return () => Math.floor(random() * count);
}

/** How many whole numbers, from 0, an input may hold: the fewest that one of its uses allows. */
function rangeOf(name: string, wiring: Wiring, types: Types): number {
  const limits = indexUses(name, wiring, types).map(({ count }) => count);
  if (limits.length === 0 || limits.includes(null)) {
    throw cannotMakeUp(name, 'its whole numbers could mean anything: no use of it says of what range they are');
  }
  return Math.min(...(limits as number[]));
}

function cannotMakeUp(name: string, reason: string): LayerdiffError {
  return new LayerdiffError('E_INPUT', name, reason, 'Give the inputs with --inputs FILE (.safetensors, .npz).');
}
