import type { Operator } from '../../types/oracle.ts';
import { type Cell, clipped, project, projectBack, sumOf, unclipped } from './_recurrent.ts';
import { recurrentOperator } from './_recurrent-run.ts';

/** h = f(W·x + Wb + R·h + Rb). Keeps f's argument. */
const cell: Cell<Float64Array> = {
  gates: 1,
  activations: ['Tanh'],
  step(d, x, before) {
    const [f] = d.activations;
    const sum = sumOf(project(d, x, false, 0, 1), project(d, before.h, true, 0, 1), d.round);
    const h = sum.map((a) => f!.f(clipped(d, a)));
    return { x, before, after: { h, c: before.c }, kept: sum };
  },
  back(d, { x, before, after, kept }, seeds, sums) {
    const [f] = d.activations;
    const dsum = kept.map((a, i) =>
      unclipped(d, a) ? d.round(seeds.h[i]! * f!.derivative(clipped(d, a), after.h[i]!)) : 0,
    );
    return {
      x: projectBack(d, x, false, 0, dsum, sums),
      h: projectBack(d, before.h, true, 0, dsum, sums),
      c: seeds.c,
    };
  },
};

/** A layer of h = f(W·x + R·h + b), f being tanh unless said; one or two directions. */
export const rnn: Operator = recurrentOperator('RNN', cell);
