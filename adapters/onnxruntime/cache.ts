import { createHash } from 'node:crypto';
import { bytesOf, isFloat } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { type ConcreteRun, type ShapeRun, concreteOf } from './concrete.ts';
import type { Prepared } from './request.ts';

/** So many requests' shapes are remembered: a check asks for its chained and its local run, in turn and in parts. */
const MOST = 8;

/** Remembers what runs showed about shapes and integers, for requests that would show the same. Keeps no float elements. */
export interface ConcreteCache {
  get(prepared: Prepared, compute: () => Promise<ShapeRun>): Promise<ConcreteRun>;
}

/** A cache keyed by what shapes and integers can follow from: the shapes that are fed, and the integers. */
export function concreteCache(): ConcreteCache {
  const runs = new Map<string, ShapeRun>();
  return {
    async get(prepared, compute) {
      const key = keyOf(prepared.feeds);
      const known = runs.get(key);
      if (known) return concreteOf(known, prepared.feeds, prepared.aliases);
      const run = await compute();
      if (run.reusable) {
        if (runs.size >= MOST) runs.delete(runs.keys().next().value as string);
        runs.set(key, run);
      }
      return concreteOf(run, prepared.feeds, prepared.aliases);
    },
  };
}

function keyOf(feeds: ReadonlyMap<string, TensorSource>): string {
  const hash = createHash('sha1');
  for (const [name, source] of feeds) {
    hash.update(JSON.stringify([name, source.dtype, source.shape]));
    if (isFloat(source.dtype)) continue;
    const tensor = source.read();
    hash.update(ArrayBuffer.isView(tensor.data) ? bytesOf(tensor) : JSON.stringify(tensor.data));
  }
  return hash.digest('hex');
}
