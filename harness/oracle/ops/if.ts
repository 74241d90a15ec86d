import type { Operator } from '../../types/oracle.ts';
import { given, refuse } from './_context.ts';
import { results } from './loop.ts';

/** Runs one of its two branches. */
export const ifOperator: Operator = {
  op: 'If',
  forward: (context, inputs) => {
    const name = given(context, inputs, 0).data[0] ? 'then_branch' : 'else_branch';
    const branch = context.attributes[name];
    if (branch?.kind !== 'graph') return refuse(context, `it has no ${name}`, 'Give both branches.');
    return results(branch.value, context.run(branch.value, new Map()));
  },
};
