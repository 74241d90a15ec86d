import type { Attribute, Attributes, GraphNode } from '../../../harness/types/graph.ts';

/** The node with other inputs and attributes. Empty names at the end of the inputs are dropped. */
export function reform(node: GraphNode, inputs: readonly string[], attributes: Attributes, op = node.op): GraphNode {
  const last = inputs.findLastIndex((name) => name !== '');
  return { ...node, op, inputs: inputs.slice(0, last + 1), attributes };
}

/** The attributes without some, and with others. */
export function changed(
  attributes: Attributes,
  without: readonly string[],
  added: Readonly<Record<string, Attribute>> = {},
): Attributes {
  const kept = Object.entries(attributes).filter(([name]) => !without.includes(name));
  return Object.fromEntries([...kept, ...Object.entries(added)]);
}
