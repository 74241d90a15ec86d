import { difference } from '../metrics/difference.ts';
import type { Cause, Findings, Site } from '../types/report.ts';
import type { Hypothesis, Rule, RuleContext } from '../types/rule.ts';

/** Gives what a rule may look at for a faulty tensor, or null where nothing can be evaluated there. */
export type ContextOf = (site: Site) => RuleContext | null;

/**
 * Stage 7: rules propose what a bug would have computed, the oracle computes it on the subject's own inputs, and only what meets the
 * subject's numbers within the noise floor stays. Nothing matching is said as such: `cause` stays null.
 */
export function diagnose(findings: Findings, rules: readonly Rule[], contextOf: ContextOf): Findings {
  const faulty = findings.faulty.map((site) => (site.cause === null ? explain(site, rules, contextOf) : site));
  return { firstDivergence: faulty[0] ?? null, faulty };
}

function explain(site: Site, rules: readonly Rule[], contextOf: ContextOf): Site {
  const context = contextOf(site);
  if (context === null) return site;
  const proven = rules
    .filter((rule) => rule.directions.includes(site.direction))
    .flatMap((rule) => [...rule.propose(context)].map((hypothesis) => test(hypothesis, context)))
    .filter((cause) => cause !== null)
    .sort((a, b) => b.explains - a.explains);
  const [best, ...rest] = proven;
  if (best === undefined) return site;
  const tied = rest.filter((cause) => cause.id !== best.id);
  return { ...site, cause: best, candidates: [best, ...tied] };
}

/** A hypothesis is proven where its prediction is as near to the subject as a correct answer would have to be. */
function test(hypothesis: Hypothesis, { subject, truth, allowed }: RuleContext): Cause | null {
  const left = difference(subject.data, hypothesis.predicted, truth.slack);
  if (!(left.nonFinite === 0 && left.compared > 0 && left.rms <= allowed)) return null;
  const error = difference(subject.data, truth.r64.data, truth.slack);
  const explains = error.rms > 0 ? 1 - Math.min(1, left.rms / error.rms) : 1;
  const evidence = [
    ...(hypothesis.evidence ?? []),
    `predicted with this bug, all ${left.compared} elements agree to rms ${left.rms.toPrecision(2)} (allowed ${allowed.toPrecision(2)}); without it they are ${error.rms.toPrecision(2)} off`,
  ];
  return { id: hypothesis.cause, claim: hypothesis.claim, fix: hypothesis.fix, explains, evidence };
}
