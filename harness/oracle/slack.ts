import type { Cotangent, Value } from '../types/oracle.ts';

/** A cotangent, and by how much its elements may honestly differ. */
interface Loose {
  readonly r64: Value;
  readonly slack: Float64Array | null;
}

const PATTERNS = 4;

/**
 * What slack in a node's cotangents becomes in the cotangents of its inputs. The product is linear in the cotangent, so it is
 * run on ±slack with random signs; twice the largest magnitude that comes back stands for the unknown signs. Null where
 * nothing is slack.
 */
export function estimateSlack(
  cotangents: readonly (Loose | undefined)[],
  seed: number,
  product: (cotangents: readonly (Value | undefined)[]) => readonly (Cotangent | undefined)[],
): readonly (Float64Array | null)[] | null {
  if (!cotangents.some((c) => c?.slack?.some((s) => s > 0))) return null;
  const sign = signs(seed);
  const largest: (Float64Array | null)[] = [];
  for (let pattern = 0; pattern < PATTERNS; pattern++) {
    const sampled = product(
      cotangents.map(
        (c) => c && { ...c.r64, data: Float64Array.from(c.r64.data, (_, i) => sign() * (c.slack?.[i] ?? 0)) },
      ),
    );
    for (const [slot, part] of sampled.entries()) {
      if (!part) continue;
      const most = (largest[slot] ??= new Float64Array(part.value.data.length));
      for (let i = 0; i < most.length; i++) most[i] = Math.max(most[i]!, 2 * Math.abs(part.value.data[i]!));
    }
  }
  return largest;
}

/** ±1 from a fixed seed (xorshift, Marsaglia 2003). */
function signs(seed: number): () => number {
  let state = (seed + 1) * 2654435761;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state < 0 ? -1 : 1;
  };
}
