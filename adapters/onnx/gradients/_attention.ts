import type { TensorMath } from './_tensors.ts';

/** Scaled dot-product attention (Vaswani et al. 2017), each key head shared by `repeat` query heads. */
export interface Attended {
  /** [batch, key heads, repeat, queries, width] */
  readonly q: string;
  /** [batch, key heads, 1, keys, width] */
  readonly k: string;
  /** [batch, key heads, 1, keys, value width] */
  readonly v: string;
  /** Added to the scores before the softmax; broadcasts to [batch, key heads, repeat, queries, keys]. */
  readonly bias?: string | undefined;
  /** Which keys a query may see; broadcasts likewise. A query that may see none gets zeros. */
  readonly allowed?: string | undefined;
  readonly scale: number;
  /** Scores are softcap · tanh(scores / softcap); 0: as they are. */
  readonly softcap: number;
}

/** Gradients that arrive: of the output, and of the scores at each stage where the node gives them out. */
export interface Arriving {
  readonly y: string | undefined;
  readonly raw?: string | undefined;
  readonly capped?: string | undefined;
  readonly biased?: string | undefined;
  readonly probability?: string | undefined;
}

/** Gradients of q, k, v (in their shapes) and of the biased scores ([batch, key heads, repeat, queries, keys]). */
export interface AttentionGradient {
  readonly q: string;
  readonly k: string;
  readonly v: string | undefined;
  readonly scores: string | undefined;
}

/** Computes the scores again and walks back through them. */
export function attentionGradient(math: TensorMath, attended: Attended, arriving: Arriving): AttentionGradient {
  const { q, k, v, allowed, scale, softcap } = attended;
  const { add, mul } = math;
  const flip = (name: string): string => math.transpose(name, [0, 1, 2, 4, 3]);
  const only = (name: string): string => (allowed === undefined ? name : math.where(allowed, name, 0));
  const join = (...parts: (string | undefined)[]): string | undefined => {
    const found = parts.filter((part) => part !== undefined);
    return found.length === 0 ? undefined : found.reduce((a, b) => add(a, b));
  };
  const raw = mul(math.matmul(q, flip(k)), scale);
  const bent = softcap === 0 ? undefined : math.tanh(math.div(raw, softcap));
  const p = only(math.emitter.emit('Softmax', [seen(math, attended, bent === undefined ? raw : mul(bent, softcap))]));
  const viaOutput = arriving.y === undefined ? undefined : math.matmul(arriving.y, flip(v));
  const dp = join(viaOutput, arriving.probability);
  const viaSoftmax = dp === undefined ? undefined : mul(p, math.sub(dp, math.sum(mul(dp, p), [-1])));
  const biased = join(viaSoftmax, arriving.biased === undefined ? undefined : only(arriving.biased));
  const capped = join(biased, arriving.capped);
  const slope = bent === undefined ? undefined : math.sub(1, mul(bent, bent));
  const uncapped = capped === undefined || slope === undefined ? capped : mul(capped, slope);
  const dRaw = mul(join(uncapped, arriving.raw) as string, scale);
  return {
    q: math.matmul(dRaw, k),
    k: math.sum(math.matmul(flip(dRaw), q), [2]),
    v: arriving.y === undefined ? undefined : math.sum(math.matmul(flip(p), arriving.y), [2]),
    scores: biased,
  };
}

/** The scores with their bias; what must not be seen far below all others. */
function seen(math: TensorMath, { bias, allowed }: Attended, capped: string): string {
  const scores = bias === undefined ? capped : math.add(capped, bias);
  return allowed === undefined ? scores : math.where(allowed, scores, LOWEST);
}

/** The lowest float32. */
const LOWEST = -3.4028234663852886e38;
