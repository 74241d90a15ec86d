import type { CheckPlan } from '../check.ts';
import { diagnoseSite, type Diagnosed } from '../diagnosis/index.ts';
import { openSession } from '../diagnosis/session.ts';
import { fromSource } from '../oracle/value.ts';
import { locate } from '../stages/6-locate.ts';
import type { Observation } from '../types/adapter.ts';
import type { Cause, Findings, Site } from '../types/report.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Aligned } from './aligned.ts';
import type { Compared } from './compare.ts';

/** The faulty layers of both directions. */
export interface BothFindings {
  readonly forward: Findings;
  readonly backward: Findings;
}

/** Stages 6 and 7: the faulty layers, in order, each with what was most probably done instead. */
export function diagnoseAll(found: Aligned, compared: Compared, { host, rules }: CheckPlan): BothFindings {
  const { rows, plan } = compared;
  const forward = withObservations(locate(rows, plan.wiring, 'forward'), found, compared);
  const backward = locate(rows, plan.wiring, 'backward');
  const total = forward.faulty.length + backward.faulty.length;
  const edits: NonNullable<Diagnosed['edit']>[] = [];
  const blamed: NonNullable<Diagnosed['blamed']>[] = [];
  let done = 0;
  const explain = (site: Site): Site => {
    host.progress?.('looking for the cause', done++, total);
    const session = site.cause === null ? sessionOf(site, found, compared) : null;
    if (session === null) return site;
    const diagnosed = diagnoseSite(site, session, edits, rules, blamed);
    if (diagnosed.edit !== null) edits.push(diagnosed.edit);
    if (diagnosed.blamed !== null && !blamed.some(({ node }) => node === diagnosed.blamed?.node))
      blamed.push(diagnosed.blamed);
    return diagnosed.site;
  };
  return { forward: findings(forward.faulty.map(explain)), backward: findings(backward.faulty.map(explain)) };
}

const findings = (faulty: readonly Site[]): Findings => ({ firstDivergence: faulty[0] ?? null, faulty });

function sessionOf({ tensor, direction }: Site, { alignment }: Aligned, { plan, rows, answer }: Compared) {
  if (direction === 'update') return null;
  const pair = alignment.pairs.get(tensor);
  const source = direction === 'forward' ? pair?.value : pair?.gradient;
  const row = rows.find((r) => r.tensor === tensor && r.direction === direction);
  const truth = source == null ? 'not recorded' : answer(tensor, direction);
  if (source == null || typeof truth === 'string') return null;
  const allowed = typeof row?.allowed?.rms === 'number' ? row.allowed.rms : 0;
  const given = {
    tensor,
    direction,
    wiring: plan.wiring,
    request: plan.exact,
    subject: fromSource(source),
    truth: truth.r64,
    slack: truth.slack,
    allowed,
  };
  const recorded = (way: 'value' | 'gradient'): ReadonlyMap<string, TensorSource> =>
    new Map([...alignment.pairs.values()].flatMap((p) => (p[way] === null ? [] : [[p.tensor, p[way]] as const])));
  return openSession(given, recorded('value'), recorded('gradient'));
}

/** What was seen while the subject ran is proven without a comparison: it names its layer's cause. */
function withObservations(located: Findings, { taken, alignment }: Aligned, { plan }: Compared): Findings {
  const theirs = new Map([...alignment.pairs.values()].map((pair) => [pair.subjectName, pair.tensor]));
  const faulty = [...located.faulty];
  for (const observation of taken.observations) {
    const tensor = theirs.get(observation.tensor) ?? observation.tensor;
    const cause = observedCause(observation);
    const at = faulty.findIndex((site) => site.tensor === tensor);
    const op = plan.wiring.producer.get(tensor)?.op ?? '';
    const site: Site = { tensor, direction: 'forward', layer: observation.layer, op, cause, candidates: [cause] };
    if (at < 0) faulty.push(site);
    else faulty[at] = { ...(faulty[at] as Site), cause, candidates: [cause] };
  }
  return findings(faulty);
}

const OBSERVED: Record<Observation['kind'], { id: string; fix: string }> = {
  'input-mutated': { id: 'input.mutated', fix: 'Write the result to a buffer of its own.' },
  'wrong-source': {
    id: 'wiring.wrong-source',
    fix: 'Feed the layer from the tensor that the reference feeds it from.',
  },
};

function observedCause({ kind, layer, detail }: Observation): Cause {
  const { id, fix } = OBSERVED[kind];
  return { id, claim: `${layer}: ${detail}`, fix, explains: 1, evidence: ['seen while the network ran'] };
}
