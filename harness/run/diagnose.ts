import type { CheckPlan } from '../check.ts';
import { type Budget, chargeOf, FORWARD_SHARE, REPORT_BUDGET } from '../diagnosis/budget.ts';
import { type Diagnosed, diagnosing } from '../diagnosis/index.ts';
import type { KnownBug } from '../diagnosis/follows.ts';
import type { Search } from '../diagnosis/search.ts';
import { openSession } from '../diagnosis/session.ts';
import { fromSource } from '../oracle/value.ts';
import { locate } from '../stages/6-locate.ts';
import type { Observation, Subject } from '../types/adapter.ts';
import type { Cause, Findings, Site } from '../types/report.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Aligned } from './aligned.ts';
import type { Compared } from './compare.ts';
import { withoutRivals } from './rivals.ts';

/** The faulty layers of both directions. */
export interface BothFindings {
  readonly forward: Findings;
  readonly backward: Findings;
}

/** Stages 6 and 7: the faulty layers, in order, each with what was most probably done instead. */
export async function diagnoseAll(
  found: Aligned,
  compared: Compared,
  { host, rules, signal }: CheckPlan,
  subject: Subject,
  budget = REPORT_BUDGET,
): Promise<BothFindings> {
  const { rows, plan } = compared;
  const forward = withObservations(locate(rows, plan.wiring, 'forward'), found, compared);
  const backward = locate(rows, plan.wiring, 'backward');
  const total = forward.faulty.length + backward.faulty.length;
  const bugs: KnownBug[] = [];
  const blamed: NonNullable<Diagnosed['blamed']>[] = [];
  let done = 0;
  let spent = 0;
  const explain = async (site: Site): Promise<Site> => {
    host.progress?.('looking for the cause', done++, total);
    if (signal?.aborted === true) return site.cause === null ? { ...site, search: STOPPED } : site;
    const most = site.direction === 'forward' ? FORWARD_SHARE * budget : budget;
    if (site.cause === null && spent >= most) return { ...site, search: USED_UP };
    const session = site.cause === null ? sessionOf(site, found, compared) : null;
    if (session === null) {
      if (site.direction === 'forward') bugs.push({ site, proven: [] });
      return site;
    }
    const searched = await watched(diagnosing(site, session, bugs, rules, blamed), session.budget, (tried) => {
      host.progress?.(`looking for the cause at ${site.layer}, idea ${tried}`, done, total);
      if (signal?.aborted === true) session.budget.cancelled = true;
      return host.pause?.();
    });
    spent += chargeOf(session.budget);
    const diagnosed = await withoutRivals(searched, site, session, found, subject);
    if (diagnosed.edit !== null) bugs.push(diagnosed.edit);
    if (diagnosed.blamed !== null && !blamed.some(({ node }) => node === diagnosed.blamed?.node))
      blamed.push(diagnosed.blamed);
    return diagnosed.site;
  };
  const told: Record<'forward' | 'backward', Site[]> = { forward: [], backward: [] };
  for (const site of forward.faulty) told.forward.push(await explain(site));
  for (const site of backward.faulty) told.backward.push(await explain(site));
  return { forward: findings(told.forward), backward: findings(told.backward) };
}

const STOPPED = 'not searched: the search was stopped';
const USED_UP = 'not searched: the budget of the report was used up by the faulty layers before it';

/** A search that lets others have their turn between two ideas; `turn` hears how many were tried. */
async function watched<T>(
  search: Search<T>,
  budget: Budget,
  turn: (tried: number) => Promise<void> | undefined,
): Promise<T> {
  for (;;) {
    const next = search.next();
    if (next.done === true) return next.value;
    await turn(budget.tried);
  }
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
