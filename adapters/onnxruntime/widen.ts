import { fromNumbers, toNumbers } from '../../harness/tensor.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { Attribute, Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { elementNumber } from '../onnx/elements.ts';
import type { Concrete } from '../onnx/rule.ts';

/**
 * Gradients of float16 and bfloat16 networks are computed in float32: sums over a batch in 11 or 8 bits would say more
 * about their own rounding than about the network, and ONNX Runtime has few kernels for them.
 */
const NARROW = new Set<DataType | null>(['float16', 'bfloat16']);
const NARROW_NUMBERS = new Set([elementNumber('float16'), elementNumber('bfloat16')]);
/** Attributes that hold the number of an element type. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'stash_type', 'output_dtype', 'output_datatype']);

/** float32 for the narrower floats; every other type is itself. */
export const widened = (dtype: DataType): DataType => (NARROW.has(dtype) ? 'float32' : dtype);

/** The same elements in the wider type. */
export function widenSource(source: TensorSource): TensorSource {
  if (!isNarrow(() => source.dtype)) return source;
  return { dtype: 'float32', shape: source.shape, read: () => widenTensor(source.read()) };
}

function widenTensor(tensor: Tensor): Tensor {
  return isNarrow(() => tensor.dtype) ? fromNumbers('float32', tensor.shape, toNumbers(tensor)) : tensor;
}

/** The same network with float32 for every narrower float. */
export function widenGraph<T extends Graph & { readonly helpers?: ReadonlyMap<string, TensorType> }>(graph: T): T {
  const helpers = graph.helpers && new Map([...graph.helpers].map(([name, type]) => [name, widenType(type)]));
  return {
    ...graph,
    ...(helpers && { helpers }),
    nodes: graph.nodes.map(widenNode),
    inputs: graph.inputs.map(widenInfo),
    outputs: graph.outputs.map(widenInfo),
    initializers: new Map([...graph.initializers].map(([name, source]) => [name, widenSource(source)])),
  };
}

/** What is known of the network after {@link widenGraph}. */
export function widenConcrete(concrete: Concrete): Concrete {
  return {
    shape: concrete.shape,
    dtype: (name) => widened(concrete.dtype(name)),
    constant(name) {
      const found = concrete.constant(name);
      return found && widenTensor(found);
    },
  };
}

const widenType = ({ dtype, shape }: TensorType): TensorType => ({ dtype: widened(dtype), shape });
const widenInfo = (info: ValueInfo): ValueInfo => (NARROW.has(info.dtype) ? { ...info, dtype: 'float32' } : info);

function widenNode(node: GraphNode): GraphNode {
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => [
    name,
    widenAttribute(name, attribute),
  ]);
  return { ...node, attributes: Object.fromEntries(attributes) };
}

function widenAttribute(name: string, attribute: Attribute): Attribute {
  switch (attribute.kind) {
    case 'int': {
      const narrow = TYPE_ATTRIBUTES.has(name) && NARROW_NUMBERS.has(attribute.value);
      return narrow ? { kind: 'int', value: elementNumber('float32') } : attribute;
    }
    case 'tensor':
      return { kind: 'tensor', value: widenTensor(attribute.value) };
    case 'tensors':
      return { kind: 'tensors', value: attribute.value.map(widenTensor) };
    case 'graph':
      return { kind: 'graph', value: widenGraph(attribute.value) };
    case 'graphs':
      return { kind: 'graphs', value: attribute.value.map(widenGraph) };
    default:
      return attribute;
  }
}

/** Types that we cannot hold throw when asked; they are not narrow floats. */
function isNarrow(dtype: () => DataType): boolean {
  try {
    return NARROW.has(dtype());
  } catch {
    return false;
  }
}
