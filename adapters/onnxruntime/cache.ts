import { createHash } from 'node:crypto';
import { bytesOf, isFloat } from '../../harness/tensor.ts';
import { sameShape } from '../../harness/shape.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';
import { type ConcreteRun, concreteOf, findShapes, type ShapeRun } from './concrete.ts';
import type { Engine } from './engine.ts';
import { wrongCut } from './look-up.ts';
import type { Fed, Prepared } from './request.ts';

/** So many shapes of input are remembered. */
const MOST = 8;

/** What is known of a request's graph before it runs. */
export type ConcreteCache = (prepared: Prepared) => Promise<ConcreteRun>;

/**
 * Runs a network as seldom as possible only to see its shapes: once for given shapes and integers of its inputs. A request on recorded
 * values is answered from that run of the uncut network, unless the recorded integers or constants are others than the network's.
 *
 * Throws E_SHAPE for a recorded tensor that is not of its tensor's shape. Keeps no elements but integers and small constants.
 */
export function concreteCache(engine: Engine, groupBytes: number, title: string): ConcreteCache {
  const runs = new Map<string, ShapeRun>();
  return async ({ uncut, ...prepared }) => {
    const key = keyOf(uncut.feeds);
    const run = runs.get(key) ?? (await findShapes(engine, uncut, groupBytes, title));
    if (run.reusable && !runs.has(key)) {
      if (runs.size >= MOST) runs.delete(runs.keys().next().value as string);
      runs.set(key, run);
    }
    checkShapes(run, prepared);
    const usable = prepared.aliases.size === 0 || (run.reusable && !contradicts(run, prepared, uncut));
    const own = usable ? run : await findShapes(engine, prepared, groupBytes, title);
    return concreteOf(own, prepared.feeds, prepared.aliases);
  };
}

/** What shapes and integers can follow from: the shapes that are fed, and the integers. */
function keyOf(feeds: ReadonlyMap<string, TensorSource>): string {
  const hash = createHash('sha1');
  for (const [name, source] of feeds) {
    hash.update(JSON.stringify([name, source.dtype, source.shape]));
    if (!isFloat(source.dtype)) hash.update(rawBytes(source.read()));
  }
  return hash.digest('hex');
}

function checkShapes(run: ShapeRun, { feeds, aliases }: Fed): void {
  for (const [input, tensor] of aliases) {
    const given = feeds.get(input)?.shape ?? [];
    const expected = run.shapes.get(tensor) ?? run.graph.initializers.get(tensor)?.shape ?? feeds.get(tensor)?.shape;
    if (expected !== undefined && !sameShape(expected, given)) throw wrongCut(tensor, expected, given);
  }
}

/** Whether an integer or a small constant was recorded with other elements than the network has. */
function contradicts(run: ShapeRun, { feeds, aliases }: Fed, uncut: Fed): boolean {
  for (const [input, tensor] of aliases) {
    const recorded = feeds.get(input) as TensorSource;
    const parameter = run.graph.initializers.get(tensor);
    // Weights are large, and nothing that has to be known beforehand follows from them.
    const source = isFloat(recorded.dtype) ? undefined : (uncut.feeds.get(tensor) ?? parameter);
    const own = run.elements.get(tensor) ?? source?.read();
    if (own !== undefined && !Buffer.from(rawBytes(own)).equals(rawBytes(recorded.read()))) return true;
  }
  return false;
}

const rawBytes = (tensor: Tensor): Uint8Array =>
  ArrayBuffer.isView(tensor.data) ? bytesOf(tensor) : Buffer.from(JSON.stringify(tensor.data));
