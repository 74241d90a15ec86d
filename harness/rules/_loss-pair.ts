import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { RuleContext } from '../types/rule.ts';
import { countsOf } from './_loss.ts';
import { near } from './_numbers.ts';

/** A loss of pairs that is written out and recorded as one: predictions (a layer's) and targets (the network's input), element by element. */
export interface LossPair {
  readonly prediction: string;
  readonly target: string;
  readonly y: Value;
  readonly t: Value;
}

/** What the segment reads from outside, where that is a prediction and a target of one size; null elsewhere. */
export function lossPairOf({
  segment,
  value,
  wiring,
}: Pick<RuleContext, 'segment' | 'value' | 'wiring'>): LossPair | null {
  const made = new Set(segment.flatMap((node) => node.outputs));
  const read = [...new Set(segment.flatMap((node) => node.inputs))].filter((name) => name !== '' && !made.has(name));
  const leaves = read.flatMap((name) => {
    const found = value(name);
    return found !== null && found.data.length > 1 ? [{ name, found }] : [];
  });
  const isInput = (name: string): boolean => wiring.graph.inputs.some((input) => input.name === name);
  const [target, more] = leaves.filter(({ name }) => isInput(name) && !wiring.producer.has(name));
  const [prediction, other] = leaves.filter(({ name }) => wiring.producer.has(name));
  if (target === undefined || prediction === undefined || more !== undefined || other !== undefined) return null;
  if (sizeOf(target.found.shape) !== sizeOf(prediction.found.shape)) return null;
  return { prediction: prediction.name, target: target.name, y: prediction.found, t: target.found };
}

export const sigmoidOf = (z: number): number => 1 / (1 + Math.exp(-z));

/** Cross-entropies of pairs in [0, 1], of probabilities or of logits. */
export const ENTROPIES = [
  { kind: 'probabilities', of: (y: number, t: number) => -t * Math.log(y) - (1 - t) * Math.log(1 - y) },
  { kind: 'logits', of: (z: number, t: number) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))) },
] as const;

/** By what a sum over pairs is divided to give the loss: 1 for the sum, or a count of them; null where it is another loss. */
export function divisorOf(sum: number, loss: number, { shape }: Value): number | null {
  const divisors = [1, ...countsOf(shape).map(({ value }) => value)];
  return divisors.find((divisor) => Number.isFinite(sum) && near(sum / divisor, loss)) ?? null;
}
