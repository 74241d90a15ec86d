import { basename } from 'node:path';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { toNumbers } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { mutants } from '../../models/mutants/_list.ts';
import type { Mutant } from '../../models/mutants/_mutant.ts';
import { twins } from '../../models/twins/index.ts';
import { relL2, runOnGolden } from './against.ts';

/** One run of each right network. */
const rights = new Map<string, ReturnType<typeof runOnGolden>>();

/** The mutant beside the right network, by the same loops: what the bug does not reach is the same to the last bit. */
async function pair(mutant: Mutant) {
  const twin = twins[mutant.net];
  const network = twin.make();
  const theirs = (name: string) => network.names?.[name] ?? name;
  const run = rights.get(mutant.net) ?? runOnGolden(network, twin);
  rights.set(mutant.net, run);
  const [right, wrong] = [await run, await runOnGolden(mutant.make(), twin)];
  const differing = (direction: 'values' | 'gradients') =>
    [...right.trace[direction]]
      .filter(([name, source]) => {
        const other = wrong.trace[direction].get(name);
        // What a mutant computes together with the layer after it, it does not record.
        return other !== undefined && !(relL2(other, source) <= 1e-7);
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

/** Bit for bit, where NaN is NaN. */
function same(a: TensorSource, b: TensorSource): boolean {
  const [x, y] = [toNumbers(a.read()), toNumbers(b.read())];
  return x.length === y.length && x.every((value, i) => Object.is(value, y[i]));
}

/** What a comparison of one run's numbers cannot show. */
const INVISIBLE = new Set(['input.mutated']);

describe('the mutants', () => {
  it('are one bug a file, each in one or more networks, and all on the list', () => {
    const files = readdirSync(new URL('../../models/mutants', import.meta.url)).filter((f) => !f.startsWith('_'));
    const ids = new Set(mutants.map(({ id }) => id));
    expect([...ids].toSorted()).toEqual(files.map((f) => basename(f, '.ts')).toSorted());
    expect(ids.size).toBeGreaterThanOrEqual(80);
    const places = mutants.map(({ id, net }) => `${id} in ${net}`);
    expect(new Set(places).size).toBe(places.length);
    for (const id of ids) expect(new Set(mutants.filter((m) => m.id === id).map((m) => m.cause)).size).toBe(1);
  });

  it('cover forward and backward, and each of the networks', () => {
    expect(new Set(mutants.map(({ direction }) => direction))).toEqual(new Set(['forward', 'backward']));
    expect(new Set(mutants.map(({ net }) => net))).toEqual(new Set(Object.keys(twins)));
  });
});

/** Each bug in one of its networks, by turns: `node scripts/zoo.mjs` has every one in all of them. */
const ids = [...new Set(mutants.map(({ id }) => id))];
const visible = ids.flatMap((id, turn) => {
  const places = mutants.filter((mutant) => mutant.id === id && !INVISIBLE.has(mutant.cause));
  return places.length === 0 ? [] : [places[turn % places.length] as Mutant];
});

describe.each(visible.filter((m) => m.direction === 'forward'))('the mutant $id in $net', (mutant) => {
  it('first differs from the right network in the output of its layer, clearly', async () => {
    const { differing, order, right, wrong, mine } = await pair(mutant);
    const values = differing('values');
    expect(order.find((name) => values.includes(name))).toBe(mutant.tensor);
    const name = mine(mutant.tensor) as string;
    expect(relL2(wrong.trace.values.get(name)!, right.trace.values.get(name)!) <= 1e-6).toBe(false);
    expect(wrong.observations).toEqual([]);
  });
});

describe.each(visible.filter((m) => m.direction === 'backward'))('the mutant $id in $net', (mutant) => {
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
    expect(relL2(wrong.trace.gradients.get(name)!, right.trace.gradients.get(name)!) <= 1e-6).toBe(false);
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

  const once = mutants.filter(({ id }, i) => mutants.findIndex((mutant) => mutant.id === id) === i);
  it.each(once.filter(({ cause }) => cause !== 'nondeterministic'))(
    '$id in $net computes the same each time',
    async (mutant) => {
      const network = mutant.make();
      const twin = twins[mutant.net];
      const [a, b] = [await runOnGolden(network, twin), await runOnGolden(network, twin)];
      for (const kind of ['values', 'gradients'] as const) {
        for (const [name, source] of a.trace[kind])
          expect([name, same(source, b.trace[kind].get(name)!)]).toEqual([name, true]);
      }
    },
  );
});
