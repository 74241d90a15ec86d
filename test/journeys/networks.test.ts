import { afterAll, describe, expect, it } from '@jest/globals';
import { networkSubject } from '../../adapters/network/index.ts';
import type { Layer, Network } from '../../adapters/network/index.ts';
import { openOnnxReference } from '../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../adapters/trace/index.ts';
import { check } from '../../harness/check.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { Report } from '../../harness/types/report.ts';
import { mutants } from '../../models/mutants/_list.ts';
import { twins } from '../../models/twins/index.ts';
import type { Twin } from '../../models/twins/index.ts';

const references = new Map<string, Promise<Reference>>();
afterAll(async () => {
  for (const reference of references.values()) await (await reference).release();
});

function referenceFor({ model }: Twin): Promise<Reference> {
  const known = references.get(model) ?? openOnnxReference(model);
  references.set(model, known);
  return known;
}

/** Where it is, not why: causes have tests of their own, and take most of the time. */
async function reportOf(network: Network, twin: Twin, twice = false): Promise<Report> {
  const options = { inputs: readTensors(twin.inputs), rules: [], twice };
  return check(networkSubject(network, network.name), await referenceFor(twin), options);
}

const tensors = (sites: Report['forward']): readonly string[] => sites.faulty.map((site) => site.tensor);

describe('the hand-written networks', () => {
  it.each(Object.entries(twins))('%s matches ONNX Runtime, every value and every gradient', async (_, twin) => {
    const report = await reportOf(twin.make(), twin);
    expect([...tensors(report.forward), ...tensors(report.backward)]).toEqual([]);
    expect(report.outcome).toBe('match');
    for (const direction of ['forward', 'backward'] as const) {
      expect(report.tensors.some((row) => row.direction === direction && row.verdict === 'match')).toBe(true);
    }
    expect(report.tensors.filter((row) => row.verdict !== 'match' && row.verdict !== 'vacuous')).toEqual([]);
  });
});

/** Bugs that make what was recorded doubtful: nothing is proven, but the site is named. */
const INCONCLUSIVE = new Set(['nondeterministic', 'input.mutated']);

/** One bug in ten, and those that only a second look shows; `node scripts/zoo.mjs --check` has all. */
const some = mutants.filter(({ cause }, i) => i % 10 === 0 || INCONCLUSIVE.has(cause));

describe.each(some)('the mutant $id in $net', (mutant) => {
  it(`is found at ${mutant.tensor}, ${mutant.direction}`, async () => {
    const report = await reportOf(mutant.make(), twins[mutant.net], mutant.cause === 'nondeterministic');
    const found = report[mutant.direction];
    expect(found.firstDivergence?.tensor).toBe(mutant.tensor);
    if (INCONCLUSIVE.has(mutant.cause)) {
      expect(report.outcome).toBe('inconclusive');
      expect(found.firstDivergence?.cause?.id).toBe(mutant.cause);
      return;
    }
    expect(report.outcome).toBe('mismatch');
    // A wrong layer is told once, and a wrong gradient blames nothing forward.
    expect(tensors(report.forward)).toEqual(mutant.direction === 'forward' ? [mutant.tensor] : []);
  });
});

/** The layers of one mutant that another does not have. */
function both(first: Network, second: Network, right: Network): Network {
  const layers = (right.layers as readonly Layer[]).map((layer, i) => {
    const [a, b] = [first.layers?.[i] as Layer, second.layers?.[i] as Layer];
    const isChanged = String(a.forward) !== String(layer.forward) || String(a.backward) !== String(layer.backward);
    return isChanged ? a : b;
  });
  return { ...right, layers };
}

describe('two bugs in one network', () => {
  it('are both found, each in its direction', async () => {
    const pick = (id: string) => mutants.find((mutant) => mutant.id === id && mutant.net === 'lenet')!;
    const [bias, pool] = [pick('bias-missing'), pick('pool-spread')];
    expect(bias.net).toBe(pool.net);
    const report = await reportOf(both(bias.make(), pool.make(), twins[bias.net].make()), twins[bias.net]);
    expect(tensors(report.forward)).toEqual([bias.tensor]);
    expect(tensors(report.backward)).toContain(pool.tensor);
  });
});

describe('parameters', () => {
  it('that differ are reported before anything else', async () => {
    const right = twins.mlp.make();
    const reference = await referenceFor(twins.mlp);
    const subject = networkSubject(right, 'mlp');
    const spoilt = {
      ...subject,
      async run(request: Parameters<typeof subject.run>[0]) {
        const { trace, observations } = await subject.run(request);
        const [name, source] = [...trace.values].find(([n]) => n.endsWith('fc2.weight'))!;
        const tensor = source.read();
        const data = (tensor.data as Float32Array).slice();
        data[5] = 0.25;
        const values = new Map([...trace.values, [name, { ...source, read: () => ({ ...tensor, data }) }]]);
        return { trace: { ...trace, values }, observations };
      },
    };
    const report = await check(spoilt, reference, { inputs: readTensors(twins.mlp.inputs) });
    expect(report.outcome).toBe('mismatch');
    expect(report.forward.faulty).toMatchObject([{ tensor: 'net.fc2.weight', cause: { id: 'parameter.differs' } }]);
    expect(report.notes[0]).toContain('not given the same');
    expect(report.tensors).toHaveLength(1);
  });
});
