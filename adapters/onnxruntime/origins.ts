import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import { readsOf } from '../onnx/index.ts';

/** What the elements of a tensor follow from. */
export interface Origins {
  /** Constant for given shapes: from initializers, constants and shapes alone. */
  readonly fixed: ReadonlySet<string>;
  /** Depend on floats that are fed, or on chance. */
  readonly fromFloats: ReadonlySet<string>;
}

const RANDOM = new Set([
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
  'Multinomial',
  'Bernoulli',
  'Dropout',
]);
const OF_SHAPE_ONLY = new Set(['Shape', 'Size']);
const INTEGERS = new Set<string | null>([
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
  'string',
]);

/** One walk in order of execution. Inputs of unknown type count as floats. */
export function originsOf(graph: Graph): Origins {
  const fixed = new Set(graph.initializers.keys());
  const fromFloats = new Set(graph.inputs.filter(({ dtype }) => !INTEGERS.has(dtype)).map(({ name }) => name));
  for (const node of graph.nodes) {
    const reads = OF_SHAPE_ONLY.has(node.op) ? [] : readsOf(node);
    const random = RANDOM.has(node.op);
    if (random || reads.some((name) => fromFloats.has(name))) add(fromFloats, node);
    else if (reads.every((name) => fixed.has(name))) add(fixed, node);
  }
  return { fixed, fromFloats };
}

const add = (set: Set<string>, node: GraphNode): void => node.outputs.forEach((output) => set.add(output));
