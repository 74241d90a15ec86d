import type { Graph, GraphNode, Wiring } from './types/graph.ts';

export type { Wiring };

/** Looks a graph's wiring up once, in time linear in its edges. */
export function wire(graph: Graph): Wiring {
  const producer = new Map<string, GraphNode>();
  const consumers = new Map<string, GraphNode[]>();
  const position = new Map<GraphNode, number>();
  graph.nodes.forEach((node, index) => {
    position.set(node, index);
    for (const output of node.outputs) if (output !== '') producer.set(output, node);
    for (const input of new Set(readsOf(node))) {
      const known = consumers.get(input);
      if (known === undefined) consumers.set(input, [node]);
      else known.push(node);
    }
  });
  return { graph, producer, consumers, position };
}

/** Every outer tensor that a node reads: its inputs, and what its sub-graphs take from outside. */
export function readsOf(node: GraphNode): readonly string[] {
  const reads = node.inputs.filter((name) => name !== '');
  for (const attribute of Object.values(node.attributes)) {
    if (attribute.kind === 'graph') reads.push(...freeNames(attribute.value));
    if (attribute.kind === 'graphs') for (const graph of attribute.value) reads.push(...freeNames(graph));
  }
  return reads;
}

/** Names that a sub-graph reads from the scope around it. */
export function freeNames(graph: Graph): readonly string[] {
  const own = new Set<string>([...graph.inputs.map((i) => i.name), ...graph.initializers.keys()]);
  const free: string[] = [];
  const read = (name: string): void => {
    if (name !== '' && !own.has(name)) free.push(name);
  };
  for (const node of graph.nodes) {
    for (const name of readsOf(node)) read(name);
    for (const output of node.outputs) own.add(output);
  }
  for (const output of graph.outputs) read(output.name);
  return free;
}

/** The layer of a value: the node that computes it; of a parameter or input: itself. */
export function layerOfValue(wiring: Wiring, tensor: string): { layer: string; op: string } {
  const node = wiring.producer.get(tensor);
  if (node !== undefined) return isInterior(wiring, tensor) ? { layer: node.name, op: node.op } : shownAs(node);
  const parameter = wiring.graph.initializers.has(tensor);
  return { layer: tensor, op: parameter ? 'Parameter' : 'Input' };
}

/** The layer of a gradient: what sends it back, that is the node or nodes that read the tensor. */
export function layerOfGradient(wiring: Wiring, tensor: string): { layer: string; op: string } {
  const readers = wiring.consumers.get(tensor) ?? [];
  if (readers.length === 0) return layerOfValue(wiring, tensor);
  const inside = isInterior(wiring, tensor);
  const layers = readers.map((node) => (inside ? { layer: node.name, op: node.op } : shownAs(node)));
  const names = [...new Set(layers.map(({ layer }) => layer))];
  const shown = names.slice(0, 3);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return { layer: shown.join(', '), op: [...new Set(layers.map(({ op }) => op))].join(', ') };
}

/** A node as the user knows it: the layer that it is a part of, if it is one. */
const shownAs = ({ name, op, partOf }: GraphNode): { layer: string; op: string } =>
  partOf === undefined ? { layer: name, op } : { layer: partOf.name, op: partOf.kind };

/** Whether a tensor exists only inside the description of one layer: nobody but who runs that description can record it. */
export function isInterior({ producer, consumers }: Wiring, tensor: string): boolean {
  const layer = producer.get(tensor)?.partOf;
  const readers = consumers.get(tensor) ?? [];
  return layer !== undefined && readers.length > 0 && readers.every(({ partOf }) => partOf === layer);
}

/** Order of execution of a value: parameters and inputs come first. */
export function forwardRank(wiring: Wiring, tensor: string): number {
  const node = wiring.producer.get(tensor);
  return node === undefined ? -1 : (wiring.position.get(node) as number);
}

/** Order of a gradient: it is complete when the first of its readers has sent its part back; larger is earlier on the way back. */
export function backwardRank(wiring: Wiring, tensor: string): number {
  const readers = wiring.consumers.get(tensor) ?? [];
  if (readers.length === 0) return Number.MAX_SAFE_INTEGER;
  return Math.min(...readers.map((node) => wiring.position.get(node) as number));
}
