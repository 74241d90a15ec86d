import type { Graph } from '../../harness/types/graph.ts';
import { readsOf } from '../onnx/index.ts';

/**
 * Default bound of what one run takes and hands over: 256 MiB. Measured locally on networks of 12 and of 48 convolutions and ReLUs: with a bound of
 * 64 MiB the whole process peaks at 370 MB for 400 MB of answers and at 385 MB for 1,550 MB of them.
 */
export const GROUP_BYTES = 2 ** 28;

/** What a wanted tensor costs. */
export interface Cost {
  /** Bytes of the tensor itself. */
  own(name: string): number;
  /** Bytes that a run has to be fed for it, besides what the tensors in `seen` take already. Adds to `seen` what it meets. */
  fed(name: string, seen: Set<string>): number;
}

/**
 * Splits wanted tensors, in order, into groups whose elements, with what a run of them is fed, take at most `most` bytes.
 * What alone takes more has a group of its own, unless all are fed the same: then only what is handed over counts.
 */
export function groupsOf(names: readonly string[], cost: Cost, most: number): string[][] {
  const groups: string[][] = [];
  let current: string[] = [];
  let [own, fed, seen] = [0, 0, new Set<string>()];
  for (const name of names) {
    const bytes = cost.own(name);
    const more = cost.fed(name, seen);
    if (current.length > 0 && !(own + bytes + fed + more <= most)) {
      const fresh = new Set<string>();
      const alone = cost.fed(name, fresh);
      // A run of its own costs again what the others were fed: worth it only where that is less than all together.
      if (!(own + bytes <= most) || bytes + alone <= most) {
        groups.push(current);
        current = [];
        [own, fed, seen] = [0, alone - more, fresh];
      }
    }
    current.push(name);
    own += bytes;
    fed += more;
  }
  if (current.length > 0) groups.push(current);
  return groups;
}

/** Counts what a part of a graph is fed. @param bytes of an input of the graph; 0 for what is there anyway, as weights are */
export function feedCounter(graph: Graph, bytes: (name: string) => number): Cost['fed'] {
  const producer = new Map(graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  return (wanted, seen) => {
    let total = 0;
    const stack = [wanted];
    for (let name = stack.pop(); name !== undefined; name = stack.pop()) {
      if (seen.has(name)) continue;
      seen.add(name);
      const node = producer.get(name);
      if (node !== undefined) stack.push(...readsOf(node));
      else total += bytes(name);
    }
    return total;
  };
}
