import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { type AttentionParts, attentionParts } from './_attention-parts.ts';
import { sent, throughAllSlots, withData } from './_back.ts';

/** More multiplications than this for one way back are not tried. */
const MOST_WORK = 2e7;
/** What is taken apart is the operator where it gives the same. */
const SAME = 1e-6;

/** Attention as one operator, on its way back: the softmax's Jacobian, the mask, the scale for queries or keys alone, exchanged or transposed operands, a path that is forgotten. */
export const attentionInside: Rule = {
  id: 'gradient-attention-inside',
  ops: ['Attention', 'MultiHeadAttention'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, part } = context;
    // The same tensor in several slots is tried once.
    if (node.inputs.indexOf(node.inputs[slot] as string) !== slot) return;
    const parts = workOf(context) > MOST_WORK ? null : attentionParts(context);
    const weights = parts?.weights(true) ?? null;
    if (parts === null || weights === null) return;
    const back = (slip: Slip): Float64Array | null =>
      throughAllSlots(context, sentBack(parts, slip.unmasked === true ? parts.weights(false) : weights, slip));
    const right = back({});
    if (right === null || !isSame(right, part.data)) return;
    for (const slip of slipsOf(parts)) {
      const wrong = back(slip);
      if (wrong === null || wrong.length !== right.length || isSame(wrong, right)) continue;
      yield sent(slip.cause, `${slip.claim} (on the way back through ${node.name})`, slip.fix, wrong);
    }
  },
};

/** What a wrong way back does otherwise. */
interface Slip {
  /** From the weights p and their cotangents d to the cotangents of the scores; `sum(a, b)` of a · b over each row. */
  readonly jacobian?: (p: number, d: number, along: number, plain: number) => number;
  readonly unmasked?: boolean;
  /** Factors of what queries, keys and values get. */
  readonly factors?: readonly [q: number, k: number, v: number];
  /** Queries get the queries, and keys the keys. */
  readonly exchanged?: boolean;
  /** Keys, or values, get their part by the scores, or weights, as they are. */
  readonly turned?: 'keys' | 'values' | 'both';
  /** Which of the heads of queries that share a head of keys counts for it. */
  readonly counted?: (head: number, group: number) => boolean;
}

interface NamedSlip extends Slip {
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
}

const JACOBIAN = 'Send p · (d − Σ p·d) back to the scores, the sum over the keys.';

function slipsOf({ q, k, scale }: AttentionParts): readonly NamedSlip[] {
  const jacobian = (claim: string, of: NonNullable<Slip['jacobian']>, cause = 'gradient.derivative-wrong') => ({
    cause,
    claim,
    fix: JACOBIAN,
    jacobian: of,
  });
  const diagonal = 'gradient.softmax-diagonal';
  const square = q.shape[2] === k.shape[2];
  const scaled = (who: string, factor: number, what: string, at: readonly [boolean, boolean]): NamedSlip => ({
    cause: 'attention.scale',
    claim: `the scale of the scores (${scale.toPrecision(6)}) ${what} on the way back to ${who}`,
    fix: `Multiply the gradient of the scores by ${scale.toPrecision(6)} once, before it goes to queries and keys.`,
    factors: [at[0] ? factor : 1, at[1] ? factor : 1, 1],
  });
  const forgotten = (who: string, factors: readonly [number, number, number]): NamedSlip => ({
    cause: 'gradient.overwritten',
    claim: `what comes back by ${who} is left out`,
    fix: 'Add what comes back by queries, keys and values (+=).',
    factors,
  });
  const turned = (who: 'keys' | 'values' | 'both', claim: string): NamedSlip => ({
    cause: 'gradient.weight-not-transposed',
    claim,
    fix: 'Keys get dSᵀ · q, values get pᵀ · dy.',
    turned: who,
  });
  return [
    jacobian(
      "only the diagonal of the softmax's Jacobian is used: p · (1 − p) · d",
      (p, d) => p * (1 - p) * d,
      diagonal,
    ),
    jacobian("the softmax's sum over the other keys is left out: p · d", (p, d) => p * d, diagonal),
    jacobian('the gradient passes the softmax unchanged', (_, d) => d),
    jacobian('the sum Σ p·d is not multiplied by p', (p, d, along) => p * d - along),
    jacobian('p is left out: d − Σ p·d', (_, d, along) => d - along),
    jacobian('the sum Σ p·d is added', (p, d, along) => p * (d + along)),
    jacobian('the sum is that of d, not of p·d', (p, d, _, plain) => p * (d - plain)),
    {
      cause: 'attention.mask-missing',
      claim: 'the weights are computed again without the mask',
      fix: 'Use the weights of the forward pass, or mask the scores in the backward pass, too.',
      unmasked: true,
    },
    ...[[1 / scale, 'is left out'] as const, [scale, 'is applied twice'] as const].flatMap(([factor, what]) => [
      scaled('queries and keys', factor, what, [true, true]),
      scaled('the queries', factor, what, [true, false]),
      scaled('the keys', factor, what, [false, true]),
    ]),
    forgotten('the queries', [0, 1, 1]),
    forgotten('the keys', [1, 0, 1]),
    forgotten('the values', [1, 1, 0]),
    forgotten('queries and keys (the weights are taken for constants)', [0, 0, 1]),
    ...((q.shape[1] as number) > (k.shape[1] as number)
      ? (['first', 'last'] as const).map((which) => ({
          cause: 'gradient.overwritten',
          claim: `keys and values get what the ${which} of the heads that share them sends back`,
          fix: 'Add what every head of queries sends back to the head of keys and values that it reads (+=).',
          counted: (head: number, group: number) => head % group === (which === 'first' ? 0 : group - 1),
        }))
      : []),
    ...(square
      ? [
          {
            cause: 'gradient.derivative-of-wrong-value',
            claim: 'queries get dS · q and keys dSᵀ · k: the operands are exchanged',
            fix: 'Queries get dS · k, keys get dSᵀ · q.',
            exchanged: true,
          },
          turned('keys', 'the gradient of the scores is not transposed for the keys'),
          turned('values', 'the weights are not transposed for the values'),
          turned('both', 'neither the weights nor the gradient of the scores are transposed for values and keys'),
        ]
      : []),
  ];
}

/** What each slot of the operator gets. */
function sentBack(
  { q, k, v, scale, dy, slots }: AttentionParts,
  weights: Value | null,
  { jacobian, factors = [1, 1, 1], exchanged = false, turned, counted }: Slip,
): readonly (Value | undefined)[] | null {
  if (weights === null) return null;
  const [batch = 1, heads = 1, rows = 1, columns = 1] = weights.shape;
  const [size, width, group] = [q.shape[3] as number, v.shape[3] as number, heads / (k.shape[1] as number)];
  const [dq, dk, dv] = [q, k, v].map(({ data }) => new Float64Array(data.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [turnsKeys, turnsValues] = [turned === 'keys' || turned === 'both', turned === 'values' || turned === 'both'];
  for (let line = 0; line < batch * heads * rows; line++) {
    const head = Math.floor(Math.floor(line / rows) / group);
    const counts = counted?.(Math.floor(line / rows) % heads, group) === false ? 0 : 1;
    const [row, first] = [line % rows, line - (line % rows)];
    const p = weights.data.subarray(line * columns, (line + 1) * columns);
    const d = p.map((_, j) => dot(dy.data, line * width, v.data, (head * columns + j) * width, width));
    const along = p.reduce((sum, w, j) => sum + w * (d[j] as number), 0);
    const plain = d.reduce((sum, each) => sum + each, 0);
    for (let j = 0; j < columns; j++) {
      const [w, dw, key] = [p[j] as number, d[j] as number, head * columns + j];
      const ds = scale * (jacobian?.(w, dw, along, plain) ?? w * (dw - along));
      const [to, from] = turnsKeys ? [head * columns + row, first + j] : [key, line];
      add(dq, line * size, ds * factors[0], exchanged ? q.data : k.data, (exchanged ? line : key) * size, size);
      add(dk, to * size, counts * ds * factors[1], exchanged ? k.data : q.data, (exchanged ? key : from) * size, size);
      const [into, out] = turnsValues ? [head * columns + row, first + j] : [key, line];
      add(dv, into * width, counts * w * factors[2], dy.data, out * width, width);
    }
  }
  return slots(withData(q, dq), withData(k, dk), withData(v, dv));
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, size: number): number {
  let sum = 0;
  for (let c = 0; c < size; c++) sum += (a[i + c] as number) * (b[j + c] as number);
  return sum;
}

function add(to: Float64Array, i: number, factor: number, from: Float64Array, j: number, size: number): void {
  if (factor === 0) return;
  for (let c = 0; c < size; c++) to[i + c] = (to[i + c] as number) + factor * (from[j + c] as number);
}

/** Rows, times columns at most, times their sizes. */
function workOf({ inputs, outputs }: BackwardContext): number {
  const length = inputs[0]?.shape.at(-2) ?? 0;
  const keys = Math.max(length, inputs[1]?.shape.at(-2) ?? 0);
  return 5 * keys * ((inputs[0]?.data.length ?? 0) + (outputs[0]?.data.length ?? 0));
}

function isSame(a: Float64Array, b: Float64Array): boolean {
  const most = b.reduce((size, x) => Math.max(size, Math.abs(x)), 0);
  return a.length === b.length && a.every((x, i) => Math.abs(x - (b[i] as number)) <= SAME * most);
}
