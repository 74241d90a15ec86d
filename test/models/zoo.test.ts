import { afterAll, describe, expect, it } from '@jest/globals';
import { networkSubject } from '../../adapters/network/index.ts';
import type { Network } from '../../adapters/network/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { check, type CheckOptions } from '../../harness/check.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { Report } from '../../harness/types/report.ts';
import type { FormHypothesis, ForwardHypothesis, Rule } from '../../harness/types/rule.ts';
import { mutants } from '../../models/mutants/_list.ts';
import type { Net } from '../../models/mutants/_mutant.ts';
import { inOneLayer, inOneNetwork } from '../../models/mutants/_pairs.ts';
import { scoreOf } from '../../models/mutants/_score.ts';
import { twins } from '../../models/twins/index.ts';
import { inSteps } from '../../models/variants/steps.ts';
import { summed, sums } from '../../models/variants/summation.ts';

const references = new Map<string, Promise<Reference>>();

afterAll(async () => {
  for (const reference of references.values()) await (await reference).release();
});

async function checked(net: Net, network: Network, options: CheckOptions = {}): Promise<Report> {
  const { id, model, inputs } = twins[net];
  const opened = references.get(id) ?? openOnnxReference(model);
  references.set(id, opened);
  return check(networkSubject(network, net), await opened, { inputs: readTensors(inputs), twice: false, ...options });
}

/** One in forty: `node scripts/zoo.mjs --check` has all. Jest makes arithmetic slow. */
const some = mutants.filter((_, i) => i % 40 === 4);

describe.each(some)('$id in $net', (mutant) => {
  it(`is located at ${mutant.tensor} (${mutant.direction}), and named or honestly unknown`, async () => {
    const report = await checked(mutant.net, mutant.make(), { twice: mutant.cause === 'nondeterministic' });
    const { located, naming, cause } = scoreOf(mutant, report);
    expect(located).toBe(true);
    expect(['named', 'tie', 'unknown'].includes(naming) ? mutant.cause : cause).toBe(mutant.cause);
  });
});

describe('right networks', () => {
  it.each(Object.keys(twins) as Net[])('%s is left alone', async (net) => {
    expect(await accusations(net, twins[net].make())).toEqual([]);
  });

  it.each(Object.entries(sums))('are left alone when they sum in another order: %s', async (_, sum) => {
    expect(await accusations('mlp', summed(twins.mlp.make(), sum))).toEqual([]);
  });

  it.each(['lstm', 'gpt'] as const)('%s is left alone when its layers go step by step in float32', async (net) => {
    const sum = sums['eight lanes']!;
    expect(await accusations(net, inSteps(summed(twins[net].make(), sum), sum))).toEqual([]);
  });

  it('do round otherwise when they sum in another order', async () => {
    const [right, other] = [twins.mlp.make(), summed(twins.mlp.make(), sums['from the last to the first']!)];
    const [a, b] = [await checked('mlp', right), await checked('mlp', other)];
    const errors = ({ tensors }: Report) => tensors.map(({ local }) => local?.rms);
    expect(errors(a)).not.toEqual(errors(b));
  });
});

async function accusations(net: Net, network: Network): Promise<readonly string[]> {
  const { outcome, forward, backward } = await checked(net, network);
  const sites = [...forward.faulty, ...backward.faulty].map(({ tensor, direction }) => `${tensor} (${direction})`);
  return outcome === 'match' ? sites : [outcome, ...sites];
}

describe('two bugs at once', () => {
  const pairs = [...inOneLayer(mutants).slice(0, 1), ...inOneNetwork(mutants, 2)];
  it.each(pairs.map((pair) => [pair.bugs.map(({ id }) => id).join(' and '), pair] as const))(
    '%s are both located, and neither gets a wrong name',
    async (_, { net, bugs, make }) => {
      const report = await checked(net, make());
      for (const bug of bugs) {
        const { located, naming } = scoreOf(bug, report);
        expect([bug.id, located, naming]).toEqual([bug.id, true, expect.stringMatching(/^(named|tie|unknown)$/)]);
      }
    },
  );
});

describe('a rule that names without testing', () => {
  const told = { claim: 'it is that', fix: 'Change it.', specificity: 3 as const };
  const boasting: Rule = {
    id: 'boasting',
    *forward({ same }): Iterable<ForwardHypothesis> {
      yield { ...told, cause: 'norm.epsilon', edit: same({}) }; // the right layer: predicts no error at all
      yield { ...told, cause: 'bias.missing', edit: same({ op: 'Neg' }) };
    },
    *backward({ part }) {
      yield { ...told, cause: 'gradient.zero', part: part.data.map((d) => d * 1.01) };
    },
    *form({ truth, subject }): Iterable<FormHypothesis> {
      yield { ...told, cause: 'sign.flipped', predicted: truth.data };
      yield { ...told, cause: 'value.zero', predicted: truth.data.map((x) => 0.5 * x) };
      yield { ...told, cause: 'value.nan', predicted: subject.data.map(() => Number.NaN) };
      yield { ...told, cause: 'region.partial', predicted: subject.data.slice(1) };
    },
  };

  it.each(
    mutants.filter(
      ({ id, net }) => net === 'lenet' && /^(kernel-flipped|relu-leaks|pool-kind|gradient-clipped)$/.test(id),
    ),
  )('gives no cause for $id, alone', async (mutant) => {
    const report = await checked(mutant.net, mutant.make(), { rules: [boasting] });
    const site = report[mutant.direction].faulty.find(({ tensor }) => tensor === mutant.tensor);
    expect(site).toMatchObject({ cause: null, candidates: [] });
  });

  it('changes nothing beside rules that predict what they name', async () => {
    const { rules } = await import('../../harness/rules/_list.ts');
    const mutant = mutants.find(({ id, net }) => id === 'kernel-flipped' && net === 'lenet')!;
    const report = await checked(mutant.net, mutant.make(), { rules: [boasting, ...rules] });
    expect(report.forward.faulty.map(({ cause }) => cause?.id)).toEqual(['conv.kernel-flipped']);
  });

  it('is believed when its prediction is the subject’s own numbers', async () => {
    const copying: Rule = {
      id: 'copying',
      *form({ subject }): Iterable<FormHypothesis> {
        yield { ...told, cause: 'scale.constant', predicted: subject.data };
      },
    };
    const mutant = mutants.find(({ id, net }) => id === 'kernel-flipped' && net === 'lenet')!;
    const report = await checked(mutant.net, mutant.make(), { rules: [copying] });
    expect(report.forward.firstDivergence?.cause?.id).toBe('scale.constant');
  });
});
