import type { Proven } from '../stages/7-diagnose.ts';
import type { Rule } from '../types/rule.ts';
import { backwardCauses, type ProvenBackward } from './backward.ts';
import { evaluationCost, isOpen, narrow } from './budget.ts';
import { forwardCauses, type ProvenEdit, proveWhole } from './forward.ts';
import type { Search } from './search.ts';
import type { Session } from './session.ts';
import { thinned } from './thin.ts';

/** So many evaluations are what a thorough search takes: where they are beyond the budget, it begins on a sample. */
const THOROUGH = 200;
/** Share of the budget for ideas on the whole that were wrong on a sample. */
const REST = 0.2;
/** Causes that held on a sample and are proven on the whole. */
const PROVEN_AGAIN = 4;

const isLarge = (session: Session): boolean => THOROUGH * evaluationCost(session) > session.budget.limit;

/** Forward causes. Of a large layer, ideas are tried on some of its rows first, and what holds there is proven on the whole. */
export function* forwardSearch(
  session: Session,
  rules: readonly Rule[],
  pairs: boolean,
): Search<readonly ProvenEdit[]> {
  const thin = isLarge(session) ? thinned(session) : null;
  if (thin === null) return yield* forwardCauses(session, rules, pairs);
  const likely = likeliest(yield* forwardCauses(thin, rules, pairs));
  const whole: ProvenEdit[] = [];
  for (const found of likely) {
    // The first is proven whatever it costs: it is the answer.
    const proven = whole.length === 0 || isOpen(session.budget) ? proveWhole(session, found) : null;
    if (proven !== null) whole.push(proven);
    yield;
  }
  if (whole.length > 0) return whole;
  // Nothing of the sample holds on the whole: what mixes its rows may.
  narrow(session.budget, REST);
  return yield* forwardCauses(session, rules, pairs);
}

/** Backward causes, in the same way. */
export function* backwardSearch(
  session: Session,
  rules: readonly Rule[],
  blamed: readonly ProvenBackward[],
): Search<readonly ProvenBackward[]> {
  const thin = blamed.length === 0 && isLarge(session) ? thinned(session) : null;
  if (thin === null) return yield* backwardCauses(session, rules, blamed);
  const likely = likeliest(yield* backwardCauses(thin, rules));
  const rulesFound = rules.filter(({ id }) => likely.some(({ rule }) => rule === id));
  const whole = rulesFound.length > 0 ? yield* backwardCauses(session, rulesFound) : [];
  if (whole.length > 0) return whole;
  narrow(session.budget, REST);
  return yield* backwardCauses(session, rules);
}

function likeliest<P extends Proven>(found: readonly P[]): readonly P[] {
  const ranked = [...found].sort((a, b) => b.specificity - a.specificity || a.left - b.left);
  return ranked.slice(0, PROVEN_AGAIN);
}
