import { basename } from 'node:path';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { mutants } from '../../models/mutants/_list.ts';
import type { Mutant } from '../../models/mutants/_mutant.ts';
import { twins } from '../../models/twins/index.ts';
import { relL2, runOnGolden } from './against.ts';

/** The mutant beside the right network, by the same loops: what the bug does not reach is the same to the last bit. */
async function pair(mutant: Mutant) {
  const twin = twins[mutant.net];
  const network = twin.make();
  const theirs = (name: string) => network.names?.[name] ?? name;
  const [right, wrong] = [await runOnGolden(network, twin), await runOnGolden(mutant.make(), twin)];
  const differing = (direction: 'values' | 'gradients') =>
    [...right.trace[direction]]
      .filter(([name, source]) => {
        const other = wrong.trace[direction].get(name);
        return !other || !(relL2(other, source) <= 1e-7);
      })
      .map(([name]) => theirs(name));
  const order = (right.trace.metadata.order ?? []).map(theirs);
  return {
    right,
    wrong,
    differing,
    order,
    mine: (name: string) => [...right.trace.values.keys()].find((n) => theirs(n) === name),
  };
}

/** What a comparison of one run's numbers cannot show. */
const INVISIBLE = new Set(['input.mutated']);

describe('the mutants', () => {
  it('are one a file, at least twenty, and all on the list', () => {
    const files = readdirSync(new URL('../../models/mutants', import.meta.url)).filter((f) => !f.startsWith('_'));
    expect(mutants.map(({ id }) => id).toSorted()).toEqual(files.map((f) => basename(f, '.ts')).toSorted());
    expect(mutants.length).toBeGreaterThanOrEqual(20);
  });

  it('cover forward and backward, and each of the networks', () => {
    expect(new Set(mutants.map(({ direction }) => direction))).toEqual(new Set(['forward', 'backward']));
    expect(new Set(mutants.map(({ net }) => net))).toEqual(new Set(Object.keys(twins)));
  });
});

const visible = mutants.filter(({ cause }) => !INVISIBLE.has(cause));

describe.each(visible.filter((m) => m.direction === 'forward'))('the mutant $id', (mutant) => {
  it('first differs from the right network in the output of its layer, clearly', async () => {
    const { differing, order, right, wrong, mine } = await pair(mutant);
    const values = differing('values');
    expect(order.find((name) => values.includes(name))).toBe(mutant.tensor);
    const name = mine(mutant.tensor) as string;
    expect(relL2(wrong.trace.values.get(name)!, right.trace.values.get(name)!)).toBeGreaterThan(1e-4);
    expect(wrong.observations).toEqual([]);
  });
});

describe.each(visible.filter((m) => m.direction === 'backward'))('the mutant $id', (mutant) => {
  it('computes the same values, and first differs on the way back in its gradient, clearly', async () => {
    const { differing, order, right, wrong, mine } = await pair(mutant);
    expect(differing('values')).toEqual([]);
    const gradients = differing('gradients');
    expect(gradients).toContain(mutant.tensor);
    const activations = gradients.filter((name) => order.includes(name));
    if (order.includes(mutant.tensor)) {
      expect(order.findLast((name) => activations.includes(name))).toBe(mutant.tensor);
    } else expect(gradients).toEqual([mutant.tensor]);
    const name = mine(mutant.tensor) as string;
    expect(relL2(wrong.trace.gradients.get(name)!, right.trace.gradients.get(name)!)).toBeGreaterThan(1e-4);
    expect([...wrong.trace.gradients.keys()]).toEqual([...right.trace.gradients.keys()]);
  });
});

describe('the mutants that only a second look shows', () => {
  it('changes its input in place, and nothing else', async () => {
    const mutant = mutants.find(({ cause }) => cause === 'input.mutated') as Mutant;
    const { differing, wrong } = await pair(mutant);
    expect([differing('values'), differing('gradients')]).toEqual([[], []]);
    expect(wrong.observations).toEqual([
      expect.objectContaining({ kind: 'input-mutated', tensor: 'conv1', layer: 'relu1' }),
    ]);
  });

  it('computes something else each time, and nothing before it does', async () => {
    const mutant = mutants.find(({ cause }) => cause === 'nondeterministic') as Mutant;
    const twin = twins[mutant.net];
    const network = mutant.make();
    const [a, b] = [await runOnGolden(network, twin), await runOnGolden(network, twin)];
    const changed = (a.trace.metadata.order ?? []).filter(
      (name) => relL2(a.trace.values.get(name)!, b.trace.values.get(name)!) > 0,
    );
    expect(changed[0]).toBe('tanh');
  });

  it.each(mutants.filter(({ cause }) => cause !== 'nondeterministic'))(
    '$id computes the same each time',
    async (mutant) => {
      const network = mutant.make();
      const twin = twins[mutant.net];
      const [a, b] = [await runOnGolden(network, twin), await runOnGolden(network, twin)];
      for (const kind of ['values', 'gradients'] as const) {
        for (const [name, source] of a.trace[kind])
          expect([name, relL2(source, b.trace[kind].get(name)!)]).toEqual([name, 0]);
      }
    },
  );
});
