import { createOracle } from '../oracle/index.ts';
import { rules } from '../rules/_list.ts';
import { segmentGraph } from '../segment.ts';
import { conclude, type Proven, test } from '../stages/7-diagnose.ts';
import type { Site } from '../types/report.ts';
import type { Rule } from '../types/rule.ts';
import { backwardCauses, type ProvenBackward } from './backward.ts';
import { allowance, edited, forwardCauses, type ProvenEdit } from './forward.ts';
import { commonContext, type Session } from './session.ts';

/** A site with its cause, and, for a forward cause, the edit that proves it: what follows from it is computed with it. */
export interface Diagnosed {
  readonly site: Site;
  readonly edit: { readonly site: Site; readonly proven: ProvenEdit } | null;
  /** A backward bug inside a fused segment: it may show in other gradients as well. */
  readonly blamed: ProvenBackward | null;
}

/** What was most probably done at a faulty tensor: rules propose, the oracle computes, the numbers decide. */
export function diagnoseSite(
  site: Site,
  session: Session,
  known: readonly NonNullable<Diagnosed['edit']>[],
  chosen: readonly Rule[] = rules,
  blamed: readonly ProvenBackward[] = [],
): Diagnosed {
  const followed = site.direction === 'backward' ? follows(site, session, known) : null;
  if (followed !== null) return { site: followed, edit: null, blamed: null };
  const forms = formCauses(session, chosen);
  // Two bugs are looked for only where nothing simpler says what was done.
  const told = forms.some(({ specificity }) => specificity > 1);
  const forward = site.direction === 'forward' ? forwardCauses(session, chosen, !told) : [];
  const backward = site.direction === 'backward' ? backwardCauses(session, chosen, blamed) : [];
  const concluded = conclude(site, [...forward, ...backward, ...forms]);
  const proven = forward.find(({ cause }) => cause === concluded.cause);
  const back = backward.find(({ cause, direct }) => !direct && cause === concluded.cause) ?? null;
  return { site: concluded, edit: proven === undefined ? null : { site: concluded, proven }, blamed: back };
}

function formCauses(session: Session, chosen: readonly Rule[]): readonly Proven[] {
  const { subject, truth, slack, allowed } = session;
  const context = commonContext(session);
  const tested = { subject: subject.data, truth: truth.data, slack };
  return chosen.flatMap((rule) =>
    [...(rule.form?.(context) ?? [])].flatMap((hypothesis) => {
      const gain = Math.max(1, hypothesis.gain ?? 1);
      return test({ ...hypothesis, allowed: allowed * gain }, tested) ?? [];
    }),
  );
}

/** A gradient that is what the forward bug of its own layer makes it: right for what the layer computes, wrong for the network. One cause, told once. */
function follows(site: Site, session: Session, known: readonly NonNullable<Diagnosed['edit']>[]): Site | null {
  const { wiring, request, tensor, subject, truth, slack, allowed } = session;
  const segment = segmentGraph(wiring, request, tensor, 'backward');
  for (const { site: cause, proven } of known) {
    if (!segment.nodes.includes(proven.node) || cause.cause === null) continue;
    try {
      const answer = createOracle(edited(segment, proven.node, proven.edit), request).gradient(tensor);
      const predicted = (proven.inFloat32 ? answer.n32 : answer.r64).data;
      const claim = `follows from the forward bug at ${cause.tensor}: the gradient is right for what that layer computes (${cause.cause.claim})`;
      const told = { cause: cause.cause.id, claim, fix: cause.cause.fix, specificity: 3 as const };
      const prediction = { ...told, predicted, allowed: allowance(answer, allowed) };
      const found = test(prediction, { subject: subject.data, truth: truth.data, slack });
      if (found !== null) return conclude(site, [found]);
    } catch {
      // the edited segment has no gradient: nothing follows from it
    }
  }
  return null;
}
