import type { Graph } from '../../harness/types/graph.ts';
import { readsOf } from '../onnx/index.ts';

/**
 * Default bound of what one run takes and hands over: 256 MiB. Measured locally on networks of 12 and of 48 convolutions and ReLUs: with a bound of
 * 64 MiB the whole process peaks at 370 MB for 400 MB of answers and at 385 MB for 1,550 MB of them.
 */
export const GROUP_BYTES = 2 ** 28;

/** ONNX Runtime takes time quadratic in how much a session reads and gives: above so many tensors a run is split, where that saves most of them. */
const MANY_TENSORS = 2000;
/** It is looked at once in so many wanted tensors: a part that needs all that is before it is walked every time. */
const LOOK_EVERY = 200;
const SAVES = 4;

/** What a wanted tensor costs. */
export interface Cost {
  /** Bytes of the tensor itself. */
  own(name: string): number;
  /** Bytes that a run has to be fed for it, besides what the tensors in `seen` take already. Adds to `seen` what it meets. */
  fed(name: string, seen: Set<string>): number;
}

/**
 * Splits wanted tensors, in order, into groups whose elements, with what a run of them is fed, take at most `most` bytes.
 * What alone takes more has a group of its own, unless all are fed the same: then only what is handed over counts. Runs of very many tensors are split
 * where the rest needs little of what was there: layers that were cut apart.
 */
export function groupsOf(names: readonly string[], cost: Cost, most: number): string[][] {
  const groups: string[][] = [];
  let current: string[] = [];
  let [own, fed, seen] = [0, 0, new Set<string>()];
  for (const name of names) {
    const bytes = cost.own(name);
    const more = cost.fed(name, seen);
    if (current.length > 0 && isManyFor(name, current.length, seen)) {
      groups.push(current);
      current = [];
      [own, fed, seen] = [0, -more, new Set()];
      fed += cost.fed(name, seen);
    } else if (current.length > 0 && !(own + bytes + fed + more <= most)) {
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

  function isManyFor(name: string, wanted: number, held: ReadonlySet<string>): boolean {
    if (held.size < MANY_TENSORS || wanted % LOOK_EVERY !== 0) return false;
    const alone = new Set<string>();
    cost.fed(name, alone);
    return SAVES * alone.size <= held.size;
  }
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
