import { describe, expect, it } from '@jest/globals';
import { sameShape } from '../../harness/shape.ts';
import { twins } from '../../models/twins/index.ts';
import { differences, goldenOf, hasGolden, runOnGolden } from './against.ts';

/** Twice the largest errors measured between these loops and PyTorch, chained through the whole network: 8.2e-7 and 1.05e-5. */
const ALLOWED = { forward: 2e-6, backward: 2e-5 };

describe.each(Object.entries(twins).filter(([, twin]) => hasGolden(twin)))('the hand-written network %s', (_, twin) => {
  it('computes the values and gradients that PyTorch does, in every tensor that both have', async () => {
    const network = twin.make();
    const run = await runOnGolden(network, twin);
    const rows = differences(run, network, goldenOf(twin));
    expect(rows.filter(({ error, direction }) => !(error <= ALLOWED[direction]))).toEqual([]);
    expect(run.observations).toEqual([]);
  });

  it('leaves no tensor of the reference out, but for what it says it fuses', async () => {
    const network = twin.make();
    const { trace } = await runOnGolden(network, twin);
    const golden = goldenOf(twin);
    const theirs = (name: string) => network.names?.[name] ?? name;
    const seen = new Set([...trace.values.keys()].map(theirs));
    // Running statistics are no parameters of training; the tape goes from the pool straight to the head.
    const fused = (name: string) =>
      name.includes('running_') || (network.run !== undefined && name.includes('GlobalAveragePool'));
    expect([...golden.values.keys()].filter((name) => !seen.has(name) && !fused(name))).toEqual([]);
    const moved = new Set([...trace.gradients.keys()].map(theirs));
    expect([...golden.gradients.keys()].filter((name) => !moved.has(name) && !fused(name))).toEqual([]);
    for (const [name, value] of trace.values) {
      expect([name, sameShape(value.shape, golden.values.get(theirs(name))?.shape ?? [])]).toEqual([name, true]);
    }
  });
});
