import type { GraphNode } from '../types/graph.ts';
import type { ForwardContext } from '../types/rule.ts';
import { isParameter, isRecorded } from './_graph.ts';

/** Operators that treat each element by itself. */
const ELEMENTWISE = new Set(
  'Add Sub Mul Div Neg Pow Sqrt Erf Tanh Sigmoid Exp Log Abs Reciprocal Clip Relu LeakyRelu Elu Min Max HardSigmoid Softplus Identity Sum Where Greater Less GreaterOrEqual LessOrEqual Not And Or Cast'.split(
    ' ',
  ),
);
const BENDING = new Set(
  'Erf Tanh Sigmoid Exp Log Abs Clip Relu LeakyRelu Elu Min Max HardSigmoid Softplus Where Pow'.split(' '),
);

/** A function of one tensor, element by element, that is written out in several nodes. */
export interface Written {
  /** The tensor that it is a function of. */
  readonly source: string;
  readonly nodes: readonly GraphNode[];
}

/** The activation that ends in this node, where it is written out in primitives that the subject did not record; else null. */
export function writtenActivation(context: ForwardContext): Written | null {
  const { node, wiring } = context;
  const nodes = new Set<GraphNode>();
  const sources = new Set<string>();
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (nodes.has(next)) continue;
    if (!ELEMENTWISE.has(next.op)) return null;
    nodes.add(next);
    for (const name of next.inputs) {
      if (name === '' || isScalar(context, name)) continue;
      const producer = isRecorded(context, name) ? undefined : wiring.producer.get(name);
      if (producer !== undefined && ELEMENTWISE.has(producer.op)) open.push(producer);
      else sources.add(name);
    }
  }
  const [source] = sources;
  if (source === undefined || sources.size > 1 || isParameter(context, source)) return null;
  const bends = [...nodes].some(({ op }) => BENDING.has(op));
  return bends && nodes.size > 1 ? { source, nodes: [...nodes] } : null;
}

function isScalar(context: ForwardContext, name: string): boolean {
  if (!isParameter(context, name)) return false;
  const own = context.inputs[context.node.inputs.indexOf(name)];
  const value = own ?? context.value(name) ?? constantOf(context, name);
  return value !== null && value.data.length === 1;
}

/** The value of a Constant node, or null. */
export function constantOf(context: ForwardContext, name: string) {
  const producer = context.wiring.producer.get(name);
  return producer?.op === 'Constant' ? (context.run('Constant', [], producer.attributes)?.[0] ?? null) : null;
}
