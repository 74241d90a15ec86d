import { LayerdiffError } from './errors.ts';
import { closest } from './closest.ts';
import { sizeOf } from './shape.ts';
import { isFloat } from './tensor.ts';
import type { TensorType } from './types/adapter.ts';
import type { Graph } from './types/graph.ts';

/**
 * The scalar that is differentiated: the one named, else the output called `loss`, else the only scalar float output; null where there is none.
 * @throws E_LOSS where the named one does not exist or is no float scalar
 */
export function findLoss(graph: Graph, types: ReadonlyMap<string, TensorType>, named: string | null): string | null {
  const scalar = (name: string): boolean => {
    const type = types.get(name);
    return type !== undefined && isFloat(type.dtype) && sizeOf(type.shape) === 1;
  };
  if (named !== null) {
    if (scalar(named)) return named;
    throw notALoss(named, types);
  }
  const outputs = graph.outputs.map((output) => output.name).filter(scalar);
  if (outputs.includes('loss')) return 'loss';
  return outputs.length === 1 ? (outputs[0] as string) : null;
}

function notALoss(name: string, types: ReadonlyMap<string, TensorType>): LayerdiffError {
  const type = types.get(name);
  if (type !== undefined) {
    return new LayerdiffError(
      'E_LOSS',
      `--loss ${name}`,
      `it is ${type.dtype} [${type.shape.join(', ')}], and only a float scalar can be differentiated`,
      'Name a scalar, or start from recorded gradients of outputs with --seed.',
    );
  }
  const near = closest(name, [...types.keys()]);
  return new LayerdiffError(
    'E_LOSS',
    `--loss ${name}`,
    'the model has no such tensor',
    near === null ? 'See "layerdiff inspect" for its names.' : `Did you mean "${near}"?`,
  );
}
