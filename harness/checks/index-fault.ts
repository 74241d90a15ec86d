import { intAttribute } from '../attributes.ts';
import { LayerdiffError } from '../errors.ts';
import { wire } from '../graph.ts';
import { toNumbers } from '../tensor.ts';
import type { TensorType } from '../types/adapter.ts';
import type { Graph, GraphNode } from '../types/graph.ts';
import type { TensorSource } from '../types/tensor.ts';
import { indexUses } from './index-uses.ts';

/**
 * Why a framework refuses to run on these inputs, where one of them holds an index that is out of range: a class that the network does not have, a
 * word that is not in its table. Null where all are in range.
 */
export function indexFault(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  inputs: ReadonlyMap<string, TensorSource>,
): LayerdiffError | null {
  const wiring = wire(graph);
  for (const [name, source] of inputs) {
    if (source.dtype !== 'int64' && source.dtype !== 'int32') continue;
    for (const { node, count } of indexUses(name, wiring, types)) {
      if (count === null) continue;
      const elements = toNumbers(source.read());
      const at = elements.findIndex((x) => x >= count || (x < lowestOf(node, count) && x !== ignoredBy(node)));
      if (at >= 0) return outOfRange(name, at, elements[at] as number, node, count);
    }
  }
  return null;
}

/** Gathering counts negative indices from the end; a class is never negative. */
const lowestOf = ({ op }: GraphNode, count: number): number => (/^(?:Gather|Scatter)/.test(op) ? -count : 0);

/** Without the attribute nothing is ignored, and no number is NaN. */
const ignoredBy = ({ attributes }: GraphNode): number => intAttribute(attributes, 'ignore_index', Number.NaN);

function outOfRange(name: string, at: number, x: number, node: GraphNode, count: number): LayerdiffError {
  const of = `${node.op} "${node.name}" has ${count} to choose from`;
  const reason = `its element ${at} is ${x}, and ${of}`;
  const remedy = `Give whole numbers from 0 to ${count - 1}: classes and rows are counted from 0.`;
  return new LayerdiffError('E_INPUT', `input ${name}`, reason, remedy);
}
