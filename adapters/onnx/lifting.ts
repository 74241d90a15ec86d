import { isLayerdiffError, LayerdiffError } from '../../harness/errors.ts';
import { fromNumbers, int64, sourceOf } from '../../harness/tensor.ts';
import type { TensorType } from '../../harness/types/adapter.ts';
import type { Attributes, Graph, GraphNode } from '../../harness/types/graph.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { lifts } from './lift/_list.ts';
import { type Concrete, WORKING_OPSET } from './rule.ts';

/** How one operator of an older operator set is written at {@link WORKING_OPSET}. */
export interface Lift {
  readonly op: string;
  /** '' (ai.onnx) unless said. */
  readonly domain?: string;
  /** The version that changed the operator: nodes of older models are rewritten. */
  readonly until: number;
  /** The node in its new form, with the same outputs. What has to be computed before it goes through the context. */
  lift(node: GraphNode, context: LiftContext): GraphNode;
}

/** What a lift knows of the network, and where it puts what its node needs. */
export interface LiftContext extends Concrete {
  /** Version of the operator's domain in the model. */
  readonly opset: number;
  /** Adds a constant and returns its name. */
  add(tensor: Tensor): string;
  /** Adds an int64 vector. */
  ints(values: readonly number[]): string;
  /** Adds a scalar of the given type. */
  scalar(value: number, dtype: DataType): string;
  /** Adds a node of one output before the lifted one, and returns the name of that output. */
  compute(op: string, inputs: readonly string[], made: TensorType, attributes?: Attributes): string;
  /** The error for a form that has no equal at WORKING_OPSET. */
  unsupported(reason: string): LayerdiffError;
}

/** A graph at WORKING_OPSET. `helpers` are the tensors that the original does not have: constants (initializers too), and what added nodes make. */
export interface LiftedGraph extends Graph {
  readonly helpers: ReadonlyMap<string, TensorType>;
  /** Node → why it has no equal at WORKING_OPSET; it stays as it was, and only its gradient cannot be had. */
  readonly unlifted: ReadonlyMap<string, LayerdiffError>;
}

/** Operator sets before this one are of another time: broadcasting, shapes as attributes. */
const OLDEST = 6;

/**
 * Writes a graph at WORKING_OPSET: the same network, tensor names unchanged, helpers (named `lift::…`) added. Nodes of newer
 * operator sets stay as they are: gradient rules know them, and never emit them. Sub-graphs stay as they are too.
 * A form that has no equal there stays as it is, and is listed in `unlifted`.
 * @throws E_UNSUPPORTED for models of operator sets before 6
 */
export function liftGraph(graph: Graph, concrete: Concrete): LiftedGraph {
  const opset = graph.opset.get('') ?? WORKING_OPSET;
  if (!(opset >= OLDEST)) {
    const reason = `is of operator set ${opset}`;
    const remedy = `Convert the model to operator set ${OLDEST} or later, best ${WORKING_OPSET}.`;
    throw new LayerdiffError('E_UNSUPPORTED', `graph "${graph.name}"`, reason, remedy);
  }
  const nodes: GraphNode[] = [];
  const helpers = new Map<string, TensorType>();
  const constants = new Map<string, TensorSource>();
  const unlifted = new Map<string, LayerdiffError>();
  const known = withHelpers({ ...graph, initializers: constants, helpers }, concrete);
  const lifted = (lift: Lift, node: GraphNode, context: LiftContext): GraphNode => {
    try {
      return lift.lift(node, context);
    } catch (error) {
      if (!isLayerdiffError(error) || error.code !== 'E_UNSUPPORTED') throw error;
      unlifted.set(node.name, error);
      return node;
    }
  };
  for (const node of graph.nodes) {
    const version = graph.opset.get(node.domain) ?? WORKING_OPSET;
    const lift = lifts.find((l) => l.op === node.op && (l.domain ?? '') === node.domain && version < l.until);
    nodes.push(lift ? lifted(lift, node, contextOf(node, version, known, { nodes, helpers, constants })) : node);
  }
  const initializers = new Map([...graph.initializers, ...constants]);
  return { ...graph, nodes, initializers, helpers, unlifted, opset: new Map([...graph.opset, ['', WORKING_OPSET]]) };
}

/** What is known of a lifted graph: as `concrete`, and the helpers too. Of a cut tensor it knows what it knows of the tensor. */
export function withHelpers(graph: Graph & Partial<LiftedGraph>, concrete: Concrete): Concrete {
  const { helpers } = graph;
  if (helpers === undefined) return concrete;
  return {
    shape: (name) => helpers.get(name)?.shape ?? concrete.shape(original(name)),
    dtype: (name) => helpers.get(name)?.dtype ?? concrete.dtype(original(name)),
    constant: (name) => (helpers.has(name) ? graph.initializers.get(name)?.read() : concrete.constant(original(name))),
  };
}

const original = (name: string): string => (name.startsWith('cut::') ? name.slice('cut::'.length) : name);

interface Lifted {
  readonly nodes: GraphNode[];
  readonly helpers: Map<string, TensorType>;
  readonly constants: Map<string, TensorSource>;
}

function contextOf(node: GraphNode, opset: number, known: Concrete, lifted: Lifted): LiftContext {
  const claim = (made: TensorType): string => {
    const name = `lift::${node.name}:${lifted.helpers.size}`;
    lifted.helpers.set(name, { dtype: made.dtype, shape: [...made.shape] });
    return name;
  };
  const add = (tensor: Tensor): string => {
    const name = claim(tensor);
    lifted.constants.set(name, sourceOf(tensor));
    return name;
  };
  return {
    ...known,
    opset,
    add,
    ints: (values) => add(int64([values.length], values)),
    scalar: (value, dtype) => add(fromNumbers(dtype, [], [value])),
    compute: (op, inputs, made, attributes = {}) => {
      const name = claim(made);
      lifted.nodes.push({ name, op, domain: '', inputs, outputs: [name], attributes });
      return name;
    },
    unsupported: (reason) =>
      new LayerdiffError(
        'E_UNSUPPORTED',
        `node "${node.name}"`,
        `${node.op} of operator set ${opset} ${reason}`,
        `Convert the model to operator set ${WORKING_OPSET}, or compare forward only.`,
      ),
  };
}
