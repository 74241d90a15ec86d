import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { divisorOf, ENTROPIES, type LossPair, lossPairOf } from './_loss-pair.ts';
import { type Patch, patch } from './_patch.ts';

/** Bounds that implementations keep probabilities within, or add before the logarithm. */
const BOUNDS = [0.05, 0.01, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12];
const SHARES = [0.1, 0.05, 0.2, 0.01, 0.02];

/** Binary cross-entropy, written out and recorded as one number: clipped, smoothed, of another base, of the wrong thing. */
export const lossBinary: Rule = {
  id: 'loss-binary',
  ops: ['Neg', 'Mul', 'Div', 'Sub', 'Add', 'ReduceMean', 'ReduceSum'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, tensor, truth } = context;
    if (node.outputs[0] !== tensor || truth.data.length !== 1 || context.segment.length < 2) return;
    const pair = lossPairOf(context);
    const found = pair === null ? null : entropyOf(pair, truth.data[0] as number);
    if (pair === null || found === null) return;
    for (const { cause, claim, fix, ways } of variants(found.kind)) {
      const p = patch(context);
      const y = found.kind === 'logits' ? p.emit('Sigmoid', [pair.prediction]) : pair.prediction;
      const sum = p.emit('ReduceSum', [terms(p, y, pair, ways)], { keepdims: { kind: 'int', value: 0 } });
      const scaled = p.emit('Mul', [sum, p.scalar(-(ways.factor ?? 1) / found.divisor)]);
      yield { cause, claim, fix, specificity: 3, edit: p.edit(p.reshape(scaled, truth.shape)) };
    }
  },
};

function entropyOf({ y, t }: LossPair, loss: number): { kind: 'probabilities' | 'logits'; divisor: number } | null {
  for (const { kind, of } of ENTROPIES) {
    const sum = y.data.reduce((total, each, i) => total + of(each, t.data[i] as number), 0);
    const divisor = divisorOf(sum, loss, y);
    if (divisor !== null) return { kind, divisor };
  }
  return null;
}

/** What is done to the probability, to the target, before the logarithm, to the whole. */
interface Ways {
  readonly probability?: (p: Patch, y: string) => string;
  readonly target?: (p: Patch, t: string) => string;
  readonly added?: number;
  readonly factor?: number;
}

/** t · ln y + (1 − t) · ln(1 − y) */
function terms(p: Patch, prediction: string, { target }: LossPair, ways: Ways): string {
  const y = ways.probability?.(p, prediction) ?? prediction;
  const t = ways.target?.(p, target) ?? target;
  const one = p.scalar(1);
  const log = (x: string): string =>
    p.emit('Log', [ways.added === undefined ? x : p.emit('Add', [x, p.scalar(ways.added)])]);
  const hit = p.emit('Mul', [t, log(y)]);
  return p.emit('Add', [hit, p.emit('Mul', [p.emit('Sub', [one, t]), log(p.emit('Sub', [one, y]))])]);
}

interface Variant {
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
  readonly ways: Ways;
}

function* variants(kind: 'probabilities' | 'logits'): Iterable<Variant> {
  const clip = {
    cause: 'loss.clip',
    fix: 'Take the logarithm of the probability itself (or compute it from the logits).',
  };
  for (const bound of BOUNDS) {
    const within = (p: Patch, y: string): string =>
      p.emit('Min', [p.emit('Max', [y, p.scalar(bound)]), p.scalar(1 - bound)]);
    yield { ...clip, claim: `probabilities are kept within ${bound} … 1 − ${bound}`, ways: { probability: within } };
    yield { ...clip, claim: `${bound} is added before each logarithm`, ways: { added: bound } };
  }
  for (const [base, factor] of [
    [2, Math.LOG2E],
    [10, Math.LOG10E],
  ] as const) {
    const fix = 'Use the natural logarithm.';
    yield { cause: 'loss.log-base', claim: `the logarithm has base ${base}`, fix, ways: { factor } };
  }
  yield {
    cause: 'loss.double-softmax',
    claim: `the ${kind === 'logits' ? 'logits go through two sigmoids' : 'probabilities go through a sigmoid once more: the loss takes them for logits'}`,
    fix: 'Apply the sigmoid once: in the network, or in the loss.',
    ways: { probability: (p, y) => p.emit('Sigmoid', [y]) },
  };
  for (const share of SHARES) {
    const target = (p: Patch, t: string): string =>
      p.emit('Add', [p.emit('Mul', [t, p.scalar(1 - share)]), p.scalar(share / 2)]);
    const fix = 'Compare with the targets themselves, without smoothing.';
    yield { cause: 'loss.smoothing', claim: `the targets are smoothed by ${share}`, fix, ways: { target } };
  }
  yield {
    cause: 'loss.label-shift',
    claim: 'the two classes are exchanged: 1 − target is taken for the target',
    fix: 'Use the target itself.',
    ways: { target: (p, t) => p.emit('Sub', [p.scalar(1), t]) },
  };
}
