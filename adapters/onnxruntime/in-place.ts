import type { Graph, GraphNode } from '../../harness/types/graph.ts';

/** Operators whose output may be their input's memory. */
const SHARING = new Set(['Identity', 'Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Dropout', 'Transpose']);

/**
 * Tensors whose memory a run writes to: ONNX Runtime's BatchNormalization in training mode updates the running mean and
 * variance in place, also where they are fed. These have to be fed as copies.
 */
export function writtenInPlace(graph: Graph): ReadonlySet<string> {
  const written = new Set<string>();
  for (let k = graph.nodes.length - 1; k >= 0; k--) {
    const node = graph.nodes[k] as GraphNode;
    const trains = node.op === 'BatchNormalization' && node.outputs.length > 1;
    if (trains) for (const name of node.inputs.slice(3, 5)) written.add(name);
    else if (SHARING.has(node.op) && written.has(node.outputs[0] ?? '')) written.add(node.inputs[0] ?? '');
  }
  return written;
}
