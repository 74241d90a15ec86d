import { rules } from '../rules/_list.ts';
import { conclude, type Proven, test } from '../stages/7-diagnose.ts';
import type { Site } from '../types/report.ts';
import type { Rule } from '../types/rule.ts';
import type { ProvenBackward } from './backward.ts';
import { cutShort, ideaCost, isOpen, takes } from './budget.ts';
import { follows, type KnownBug } from './follows.ts';
import type { ProvenEdit } from './forward.ts';
import { finish, type Search } from './search.ts';
import { backwardSearch, forwardSearch } from './large.ts';
import { commonContext, type Session } from './session.ts';

/** A site with its cause, and, forward, the edits that prove it: what follows from it is computed with them. */
export interface Diagnosed {
  readonly site: Site;
  readonly edit: KnownBug | null;
  /** A backward bug inside a fused segment: it may show in other gradients as well. */
  readonly blamed: ProvenBackward | null;
  /** Forward causes that explain the tensor equally well, the one that is told among them. */
  readonly rivals: readonly ProvenEdit[];
}

/** What was most probably done at a faulty tensor, at once: see {@link diagnosing}. */
export const diagnoseSite = (
  site: Site,
  session: Session,
  known: readonly KnownBug[],
  chosen: readonly Rule[] = rules,
  blamed: readonly ProvenBackward[] = [],
): Diagnosed => finish(diagnosing(site, session, known, chosen, blamed));

/**
 * What was most probably done at a faulty tensor: rules propose, the oracle computes, the numbers decide. Where the budget of the session
 * ends before the ideas, the site says so.
 */
export function* diagnosing(
  site: Site,
  session: Session,
  known: readonly KnownBug[],
  chosen: readonly Rule[],
  blamed: readonly ProvenBackward[],
): Search<Diagnosed> {
  const followed = site.direction === 'backward' ? follows(site, session, known) : null;
  if (followed !== null) return { site: followed, edit: null, blamed: null, rivals: [] };
  const forms = yield* formCauses(session, chosen);
  // Two bugs are looked for only where nothing simpler says what was done.
  const told = forms.some(({ specificity }) => specificity > 1);
  const forward = site.direction === 'forward' ? yield* forwardSearch(session, chosen, !told) : [];
  const backward = site.direction === 'backward' ? yield* backwardSearch(session, chosen, blamed) : [];
  const found = conclude(site, [...forward, ...backward, ...forms]);
  const cut = found.cause === null ? cutShort(session.budget) : null;
  const concluded = cut === null ? found : { ...found, search: cut };
  // The same bug may be edited in two ways that differ on the way back.
  const same = ({ cause }: ProvenEdit): boolean =>
    cause.id === concluded.cause?.id && cause.claim === concluded.cause.claim;
  const proven = forward.filter(same);
  const back = backward.find(({ cause, direct }) => !direct && cause === concluded.cause) ?? null;
  const others = forward.filter((each) => !same(each));
  const edit = site.direction === 'backward' ? null : { site: concluded, proven: [...proven, ...others] };
  return { site: concluded, edit, blamed: back, rivals: proven.length === 0 ? [] : rivalsIn(forward) };
}

/** The most specific causes, each claim once. */
function rivalsIn(forward: readonly ProvenEdit[]): readonly ProvenEdit[] {
  const most = Math.max(...forward.map(({ specificity }) => specificity));
  const best = forward.filter(({ specificity }) => specificity === most).toSorted((a, b) => a.left - b.left);
  return [...new Map(best.toReversed().map((each) => [each.cause.claim, each])).values()].reverse();
}

function* formCauses(session: Session, chosen: readonly Rule[]): Search<readonly Proven[]> {
  const { subject, truth, slack, allowed, budget } = session;
  const context = commonContext(session);
  const tested = { subject: subject.data, truth: truth.data, slack };
  const proven: Proven[] = [];
  for (const rule of chosen) {
    if (rule.form === undefined || !takes(budget)) continue;
    budget.spent += 4 * ideaCost(session, null);
    for (const hypothesis of rule.form(context)) {
      if (!isOpen(budget)) break;
      budget.spent += 4 * ideaCost(session, null);
      const gain = Math.max(1, hypothesis.gain ?? 1);
      const found = test({ ...hypothesis, allowed: allowed * gain }, tested);
      if (found !== null) proven.push(found);
    }
    yield;
  }
  return proven;
}
