import { gradientRules } from './gradients/_list.ts';
import type { GradientRule, NoGradient } from './rule.ts';

const byOperator = new Map(gradientRules.map((rule) => [`${rule.domain ?? ''}:${rule.op}`, rule]));

/** The rule of an operator, or why it has none; undefined where nobody has written one. */
export function findRule(domain: string, op: string): GradientRule | NoGradient | undefined {
  return byOperator.get(`${domain === 'ai.onnx' ? '' : domain}:${op}`);
}

/** How many operators have a gradient rule. */
export function supportedOperators(): number {
  return gradientRules.filter((rule) => 'gradient' in rule).length;
}
