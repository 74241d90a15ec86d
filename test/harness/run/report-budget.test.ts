import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { resolvePlan } from '../../../harness/check.ts';
import { aligned } from '../../../harness/run/aligned.ts';
import { compareAll } from '../../../harness/run/compare.ts';
import { diagnoseAll } from '../../../harness/run/diagnose.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import { bugIn, random, subjectOf } from '../../support/bench.ts';

/** Three layers; the wrong network adds no bias in any of them. */
function network(biased: boolean): Graph {
  const b = new GraphBuilder('g', 21);
  let x = b.input('x', 'float32', [5, 7]);
  for (const i of [1, 2, 3]) {
    const parameters = [b.initializer(`w${i}`, random([7, 7], i)), b.initializer(`b${i}`, random([7], 10 + i))];
    const given = [x, ...(biased ? parameters : parameters.slice(0, 1))];
    x = b.node('Tanh', [b.node('Gemm', given, {}, { name: `fc${i}`, outputNames: [`y${i}`] })]);
  }
  b.output(x);
  return b.graph();
}

async function searched(budget: number | undefined) {
  const bench = await bugIn(network(true), network(false), { x: random([5, 7], 1) });
  const [plan, subject] = [resolvePlan({}), subjectOf(bench.trace)];
  const found = await aligned(subject, bench.reference, plan);
  const compared = await compareAll(found, bench.reference, plan);
  const { forward } = await diagnoseAll(found, compared, plan, subject, budget);
  return forward.faulty.map(({ tensor, cause, search }) => [tensor, cause?.id ?? null, search ?? null]);
}

describe('the budget of a report', () => {
  it('names every cause where it is enough', async () => {
    expect(await searched(undefined)).toEqual(['y1', 'y2', 'y3'].map((name) => [name, 'bias.missing', null]));
  });

  it('is spent on the first layers first; the others are still told, and that they were not searched', async () => {
    const none = 'not searched: the budget of the report was used up by the faulty layers before it';
    const found = await searched(1e6);
    expect(found).toEqual([
      ['y1', 'bias.missing', null],
      ['y2', null, none],
      ['y3', null, none],
    ]);
    expect(await searched(1e6)).toEqual(found);
  });
});
