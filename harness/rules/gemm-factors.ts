import { floatAttribute } from '../attributes.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { float } from './_draft.ts';
import { near, shown } from './_numbers.ts';

/** Gemm's factors of the product (alpha) and of the bias (beta) left out, applied twice, exchanged, or applied to both. */
export const gemmFactors: Rule = {
  id: 'gemm-factors',
  ops: ['Gemm', 'FusedGemm'],
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { attributes, inputs, same } = context;
    const [alpha, beta] = [floatAttribute(attributes, 'alpha', 1), floatAttribute(attributes, 'beta', 1)];
    if (near(alpha, 1) && near(beta, 1)) return;
    const bias = inputs[2] !== undefined;
    const tried = new Map<string, readonly [number, number, string]>();
    const add = (a: number, b: number, claim: string): void => {
      if (near(a, alpha) && (near(b, beta) || !bias)) return;
      if (!bias && near(a, 1) && near(alpha, 1)) return;
      tried.set(`${a} ${b}`, [a, b, claim]);
    };
    add(1, beta, `alpha (${shown(alpha)}) is left out`);
    add(alpha, 1, `beta (${shown(beta)}) is left out`);
    add(1, 1, `alpha (${shown(alpha)}) and beta (${shown(beta)}) are left out`);
    add(beta, alpha, `alpha (${shown(alpha)}) and beta (${shown(beta)}) are exchanged`);
    add(alpha, alpha * beta, `alpha (${shown(alpha)}) is applied to the bias too`);
    add(alpha * alpha, beta, `alpha (${shown(alpha)}) is applied twice`);
    for (const [a, b, claim] of tried.values()) {
      if (near(a, alpha) && near(b, 0)) continue;
      yield {
        cause: 'scale.constant',
        claim,
        fix: `Compute ${shown(alpha)} · A·B + ${shown(beta)} · C.`,
        specificity: 3,
        edit: same({ attributes: { alpha: float(a), beta: float(b) } }),
      };
    }
  },
};
