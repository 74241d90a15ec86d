import { afterAll, describe, expect, it } from '@jest/globals';
import { networkSubject } from '../../adapters/network/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { check } from '../../harness/check.ts';
import type { Report } from '../../harness/types/report.ts';
import { type Optimizer, optimizers, stepMutants, stepping } from '../../models/steps/index.ts';
import { mobilenet } from '../../models/twins/mobilenet.ts';

const opened = openOnnxReference(mobilenet.model);
afterAll(async () => (await opened).release());

const checked = async (optimizer: Optimizer): Promise<Report> =>
  check(stepping(networkSubject(mobilenet.make(), 'mobilenet'), optimizer), await opened, {
    inputs: readTensors(mobilenet.inputs),
    twice: false,
  });

/** A third of them: `node scripts/zoo.mjs` has all. */
const some = stepMutants.filter((_, i) => i % 3 === 2);

describe('a hand-written optimiser', () => {
  it.each(Object.entries(optimizers).slice(2))(
    '%s, without a bug, is left alone in every update',
    async (_, optimizer) => {
      const { outcome, backward, updates } = await checked(optimizer);
      expect([outcome, backward.faulty]).toEqual(['match', []]);
      expect(updates?.map(({ verdict }) => verdict)).toEqual(updates?.map(() => 'match'));
      expect(updates?.length).toBe(19);
    },
  );

  it.each(some.map((mutant) => [mutant.id, mutant] as const))(
    '%s is found in no update but the wrong ones, and never misnamed',
    async (id, { cause, optimizer, wrong = () => true }) => {
      const { backward, updates } = await checked(optimizer);
      const sites = backward.faulty.filter(({ direction }) => direction === 'update');
      expect(backward.faulty.length).toBe(sites.length);
      expect(sites.map(({ tensor }) => tensor).filter((tensor) => !wrong(tensor))).toEqual([]);
      const bad = updates?.filter(({ tensor }) => wrong(tensor)) ?? [];
      // Where gradients are large, an epsilon's place is lost in rounding.
      if (id !== 'epsilon-inside') expect(sites.length).toBe(bad.length);
      const named = sites.filter((site) => site.cause?.id === cause).length;
      expect(named).toBeGreaterThanOrEqual(0.9 * sites.length);
      expect(named).toBeGreaterThan(0);
      expect(sites.every((site) => site.cause === null || site.cause.id === cause)).toBe(true);
    },
  );
});
