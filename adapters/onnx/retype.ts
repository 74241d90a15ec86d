import { fromNumbers, toNumbers } from '../../harness/tensor.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { Attribute, Graph, GraphNode, ValueInfo } from '../../harness/types/graph.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { elementNumber } from './elements.ts';
import type { Concrete } from './rule.ts';

/** The same network with one element type for some others. */
export interface Retyping {
  dtype(dtype: DataType): DataType;
  /** The same elements, read in the new type. */
  source(source: TensorSource): TensorSource;
  /** With every input, parameter, constant and cast, in sub-graphs too. */
  graph<T extends Graph & { readonly helpers?: ReadonlyMap<string, TensorType> }>(graph: T): T;
  /** What is known of the network then. */
  concrete(concrete: Concrete): Concrete;
}

/** Attributes that hold the number of an element type. */
const TYPE_ATTRIBUTES = new Set(['to', 'dtype', 'stash_type', 'output_dtype', 'output_datatype']);

/** Writes `to` where a network has one of the types `from`. */
export function retyping(from: readonly DataType[], to: DataType): Retyping {
  const numbers = new Set(from.map(elementNumber));
  const changes = (dtype: DataType | null): boolean => dtype !== null && from.includes(dtype);
  const dtype = (one: DataType): DataType => (changes(one) ? to : one);
  const tensor = (one: Tensor): Tensor =>
    changes(held(() => one.dtype)) ? fromNumbers(to, one.shape, toNumbers(one)) : one;
  const source = (one: TensorSource): TensorSource =>
    changes(held(() => one.dtype)) ? { dtype: to, shape: one.shape, read: () => tensor(one.read()) } : one;
  const info = (one: ValueInfo): ValueInfo => (changes(one.dtype) ? { ...one, dtype: to } : one);
  const type = (one: TensorType): TensorType => ({ dtype: dtype(one.dtype), shape: one.shape });
  const attribute = (name: string, one: Attribute): Attribute => {
    switch (one.kind) {
      case 'int':
        return TYPE_ATTRIBUTES.has(name) && numbers.has(one.value) ? { kind: 'int', value: elementNumber(to) } : one;
      case 'tensor':
        return { kind: 'tensor', value: tensor(one.value) };
      case 'tensors':
        return { kind: 'tensors', value: one.value.map(tensor) };
      case 'graph':
        return { kind: 'graph', value: graph(one.value) };
      case 'graphs':
        return { kind: 'graphs', value: one.value.map((each) => graph(each)) };
      default:
        return one;
    }
  };
  const node = (one: GraphNode): GraphNode => {
    const entries = Object.entries(one.attributes).map(([name, value]) => [name, attribute(name, value)]);
    return { ...one, attributes: Object.fromEntries(entries) };
  };
  function graph<T extends Graph & { readonly helpers?: ReadonlyMap<string, TensorType> }>(one: T): T {
    const helpers = one.helpers && new Map([...one.helpers].map(([name, each]) => [name, type(each)]));
    return {
      ...one,
      ...(helpers && { helpers }),
      nodes: one.nodes.map(node),
      inputs: one.inputs.map(info),
      outputs: one.outputs.map(info),
      initializers: new Map([...one.initializers].map(([name, each]) => [name, source(each)])),
    };
  }
  const concrete = (known: Concrete): Concrete => ({
    shape: known.shape,
    dtype: (name) => dtype(known.dtype(name)),
    constant(name) {
      const found = known.constant(name);
      return found && tensor(found);
    },
  });
  return { dtype, source, graph, concrete };
}

/** Types that we cannot hold throw when asked; they are none of those that change. */
function held(dtype: () => DataType): DataType | null {
  try {
    return dtype();
  } catch {
    return null;
  }
}
