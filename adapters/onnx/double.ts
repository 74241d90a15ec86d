import { sourceOf } from '../../harness/tensor.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { doubleForms } from './double-forms.ts';
import { createDraft } from './emitter.ts';
import { freePrefix } from './backward-graph.ts';
import { tensorsOf } from './gradients/_tensors.ts';
import { liftGraph } from './lifting.ts';
import { retyping } from './retype.ts';
import { type Concrete, WORKING_OPSET } from './rule.ts';

const double = retyping(['float32'], 'float64');

/** A float32 tensor's elements as float64; any other as it is. */
export const doubleSource: (source: TensorSource) => TensorSource = double.source;

/**
 * The same network in float64, at WORKING_OPSET or the model's own newer operator set: tensor names unchanged, float32 inputs and
 * parameters now float64. Operators for which ONNX Runtime has no double kernel are written in others that have one where they can be
 * (see double-forms.ts); the others stay, and ONNX Runtime refuses them by name.
 *
 * The network must have no control flow left (`unrollControlFlow`), as its bodies are not rewritten.
 */
export function doubleGraph(graph: Graph, concrete: Concrete): Graph {
  const lifted = double.graph(liftGraph(graph, concrete));
  const draft = createDraft(freePrefix(lifted, 'double'));
  const nodes: GraphNode[] = [];
  for (const node of lifted.nodes) {
    const form = node.domain === '' ? doubleForms[node.op] : undefined;
    const before = draft.nodes.length;
    const emitter = draft.scope(node.name);
    const written = form?.(node, { math: tensorsOf(emitter, 'float64'), shape: concrete.shape });
    if (written === undefined) nodes.push(node);
    else nodes.push(...draft.nodes.slice(before), identity(node, written));
  }
  const newest = Math.max(WORKING_OPSET, graph.opset.get('') ?? WORKING_OPSET);
  const constants = [...draft.constants].map(([name, source]) => [name, sourceOf(source.read())] as const);
  return {
    name: lifted.name,
    nodes,
    inputs: lifted.inputs,
    outputs: lifted.outputs,
    initializers: new Map([...lifted.initializers, ...constants]),
    opset: new Map([...lifted.opset, ['', newest]]),
  };
}

/** The node's own output name for what was written in its place. */
const identity = ({ name, outputs }: GraphNode, from: string): GraphNode => ({
  name,
  op: 'Identity',
  domain: '',
  inputs: [from],
  outputs: outputs.slice(0, 1),
  attributes: {},
});
