import type { RuleContext } from '../types/rule.ts';

/** A mean that comes back, by subtraction or division, to what it was taken of: not a pool, and not a loss. */
export function isStatistic({ wiring }: Pick<RuleContext, 'wiring'>, name: string): boolean {
  const open = [name];
  const seen = new Set<string>();
  for (let next = open.pop(); next !== undefined && seen.size < 12; next = open.pop()) {
    for (const node of wiring.consumers.get(next) ?? []) {
      if (node.op === 'Sub' || node.op === 'Div' || node.op === 'Mul') return true;
      const output = node.outputs[0];
      if (
        ['Add', 'Sqrt', 'Reciprocal', 'Pow', 'Identity', 'Unsqueeze', 'Max', 'Clip'].includes(node.op) &&
        output !== undefined &&
        !seen.has(output)
      ) {
        seen.add(output);
        open.push(output);
      }
    }
  }
  return false;
}
