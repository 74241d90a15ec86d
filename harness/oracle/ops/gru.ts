import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { type Cell, clipped, type Direction, project, projectBack, sumOf, unclipped } from './_recurrent.ts';
import { recurrentOperator } from './_recurrent-run.ts';

/** What a step keeps: arguments and values of z, r (one after the other) and of the candidate, and R·h + Rb of the candidate. */
interface Kept {
  readonly gateSums: Float64Array;
  readonly gates: Float64Array;
  readonly candidateSums: Float64Array;
  readonly candidate: Float64Array;
  /** What multiplies Rh: r∘h before, or h itself with `linear_before_reset`. */
  readonly operand: Float64Array;
  readonly product: Float64Array;
}

/**
 * z, r = f(W·x + Wb + R·h + Rb); candidate = g(Wh·x + Wbh + Rh·(r∘h) + Rbh), or with `linear_before_reset`
 * g(Wh·x + Wbh + r∘(Rh·h + Rbh)); h = (1 − z)∘candidate + z∘h. Gates in the order z, r, candidate.
 */
const cell: Cell<Kept> = {
  gates: 3,
  activations: ['Sigmoid', 'Tanh'],
  step(d, x, before) {
    const { hidden, round } = d;
    const [f, g] = d.activations;
    const gateSums = sumOf(project(d, x, false, 0, 2), project(d, before.h, true, 0, 2), round);
    const gates = gateSums.map((a) => f!.f(clipped(d, a)));
    const reset = gates.subarray(hidden);
    const late = resetsLate(d);
    const operand = late ? before.h : before.h.map((h, i) => round(reset[i]! * h));
    const product = project(d, operand, true, 2, 3);
    const recurrent = late ? product.map((p, i) => round(reset[i]! * p)) : product;
    const candidateSums = sumOf(project(d, x, false, 2, 3), recurrent, round);
    const candidate = candidateSums.map((a) => g!.f(clipped(d, a)));
    const h = candidate.map((a, i) => round(round(round(1 - gates[i]!) * a) + round(gates[i]! * before.h[i]!)));
    return {
      x,
      before,
      after: { h, c: before.c },
      kept: { gateSums, gates, candidateSums, candidate, operand, product },
    };
  },
  back(d, { x, before, kept }, seeds, sums) {
    const { hidden, round } = d;
    const [f, g] = d.activations;
    const { gates, candidate } = kept;
    const reset = gates.subarray(hidden);
    const dgates = new Float64Array(2 * hidden);
    const dcandidate = kept.candidateSums.map((a, i) => {
      dgates[i] = round(seeds.h[i]! * round(before.h[i]! - candidate[i]!));
      const da = round(seeds.h[i]! * round(1 - gates[i]!));
      return unclipped(d, a) ? round(da * g!.derivative(clipped(d, a), candidate[i]!)) : 0;
    });
    const late = resetsLate(d);
    const dproduct = late ? dcandidate.map((a, i) => round(a * reset[i]!)) : dcandidate;
    const doperand = projectBack(d, kept.operand, true, 2, dproduct, sums);
    for (let i = 0; i < hidden; i++) {
      dgates[hidden + i] = late ? round(dcandidate[i]! * kept.product[i]!) : round(doperand[i]! * before.h[i]!);
    }
    const dsums = dgates.map((a, i) => {
      const sum = kept.gateSums[i]!;
      return unclipped(d, sum) ? round(a * f!.derivative(clipped(d, sum), gates[i]!)) : 0;
    });
    const throughCandidate = late ? doperand : doperand.map((a, i) => round(a * reset[i]!));
    const kept0 = seeds.h.map((a, i) => round(a * gates[i]!));
    const dh = sumOf(sumOf(kept0, throughCandidate, round), projectBack(d, before.h, true, 0, dsums, sums), round);
    const fromGates = projectBack(d, x, false, 0, dsums, sums);
    return { x: sumOf(fromGates, projectBack(d, x, false, 2, dcandidate, sums), round), h: dh, c: seeds.c };
  },
};

/** A gated recurrent unit, one or two directions. */
export const gru: Operator = recurrentOperator('GRU', cell);

/** True where r multiplies Rh·h + Rbh, rather than h before the product. */
const resetsLate = (d: Direction): boolean => intAttribute(d.context.attributes, 'linear_before_reset', 0) !== 0;
