import { sameShape } from '../shape.ts';
import type { Graph, ValueInfo } from '../types/graph.ts';
import type { Shape, TensorSource } from '../types/tensor.ts';

/**
 * The same inputs under another reference's names: by name, else the one input left that has the type and shape. What fits none keeps its name,
 * for the reference to say what is missing.
 */
export function inputsFor(
  { inputs: wanted }: Graph,
  given: ReadonlyMap<string, TensorSource>,
): ReadonlyMap<string, TensorSource> {
  const found = new Map<string, TensorSource>();
  const left = new Map(given);
  for (const { name } of wanted) {
    const source = left.get(name);
    if (source === undefined) continue;
    found.set(name, source);
    left.delete(name);
  }
  for (const info of wanted) {
    if (found.has(info.name)) continue;
    const fitting = [...left].filter(([, source]) => fits(info, source));
    const [only] = fitting;
    if (fitting.length !== 1 || only === undefined) continue;
    found.set(info.name, only[1]);
    left.delete(only[0]);
  }
  return found;
}

const fits = ({ dtype, shape }: ValueInfo, source: TensorSource): boolean =>
  (dtype === null || dtype === source.dtype) &&
  (shape === null || sameShape(filled(shape, source.shape), source.shape));

/** The declared shape, with what it leaves open as it was given. */
const filled = (declared: readonly (number | string | null)[], given: Shape): Shape =>
  declared.map((d, axis) => (typeof d === 'number' ? d : (given[axis] ?? -1)));
