import { createOracle } from '../oracle/index.ts';
import { rules } from '../rules/_list.ts';
import { segmentGraph } from '../segment.ts';
import { conclude, type Proven, test } from '../stages/7-diagnose.ts';
import type { Site } from '../types/report.ts';
import type { Graph } from '../types/graph.ts';
import type { Edit, Rule } from '../types/rule.ts';
import type { ProvenBackward } from './backward.ts';
import { cutShort, ideaCost, isOpen, takes } from './budget.ts';
import { allowance, edited, type ProvenEdit } from './forward.ts';
import { finish, type Search } from './search.ts';
import { backwardSearch, forwardSearch } from './large.ts';
import { contexts } from './backward-context.ts';
import { gradientByOutput } from './by-output.ts';
import { commonContext, type Session } from './session.ts';

/** A site with its cause, and, for a forward cause, the edit that proves it: what follows from it is computed with it. */
export interface Diagnosed {
  readonly site: Site;
  readonly edit: { readonly site: Site; readonly proven: readonly ProvenEdit[] } | null;
  /** A backward bug inside a fused segment: it may show in other gradients as well. */
  readonly blamed: ProvenBackward | null;
  /** Forward causes that explain the tensor equally well, the one that is told among them. */
  readonly rivals: readonly ProvenEdit[];
}

/** What was most probably done at a faulty tensor, at once: see {@link diagnosing}. */
export const diagnoseSite = (
  site: Site,
  session: Session,
  known: readonly NonNullable<Diagnosed['edit']>[],
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
  known: readonly NonNullable<Diagnosed['edit']>[],
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
  const proven = forward.filter(
    ({ cause }) => cause.id === concluded.cause?.id && cause.claim === concluded.cause.claim,
  );
  const back = backward.find(({ cause, direct }) => !direct && cause === concluded.cause) ?? null;
  const edit = proven.length === 0 ? null : { site: concluded, proven };
  return { site: concluded, edit, blamed: back, rivals: edit === null ? [] : rivalsIn(forward) };
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

/** A gradient that is what the forward bug of its own layer makes it: right for what the layer computes, wrong for the network. One cause, told once. */
function follows(site: Site, session: Session, known: readonly NonNullable<Diagnosed['edit']>[]): Site | null {
  const { wiring, request, tensor, subject, truth, slack } = session;
  const segment = segmentGraph(wiring, request, tensor, 'backward');
  for (const { site: bug, proven } of known) {
    const here = proven.filter(({ node, edit }) => segment.nodes.includes(node) || reads(edit, tensor));
    for (const { predicted, allowed, what } of consequences(session, segment, bug, here)) {
      if (bug.cause === null) continue;
      const { id, claim, fix } = bug.cause;
      const told = `follows from the forward bug at ${bug.tensor}: the gradient is right for what ${what} (${claim})`;
      const prediction = { cause: id, claim: told, fix, specificity: 3 as const, predicted, allowed };
      const found = test(prediction, { subject: subject.data, truth: truth.data, slack });
      if (found !== null) return conclude(site, [found]);
    }
  }
  return null;
}

interface Consequence {
  readonly predicted: Float64Array;
  readonly allowed: number;
  readonly what: string;
}

/** What the gradient would be behind a bug: that of the layer with the bug, or the right formula with the wrong output in it. */
function* consequences(
  session: Session,
  segment: Graph,
  bug: Site,
  proven: readonly ProvenEdit[],
): Iterable<Consequence> {
  const { wiring, request, tensor, allowed } = session;
  for (const { node, edit, inFloat32 } of proven) {
    try {
      // A layer that should not read the tensor, and does, sends it a gradient as well.
      const whole = segment.nodes.includes(node)
        ? segment
        : joined(segment, segmentGraph(wiring, request, bug.tensor, 'forward'));
      const answer = createOracle(edited(whole, node, edit), request).gradient(tensor);
      const predicted = (inFloat32 ? answer.n32 : answer.r64).data;
      yield { predicted, allowed: allowance(answer, allowed), what: 'that layer computes' };
    } catch {
      // the edited segment has no gradient: nothing follows from it
    }
  }
  const nodes = session.request.gradients.has(bug.tensor) ? [...new Set(proven.map(({ node }) => node))] : [];
  const [y, dy] = [commonContext(session).value(bug.tensor), commonContext(session).gradient(bug.tensor)];
  for (const { node, direct, others } of contexts(session, nodes)) {
    if (!direct || node.outputs[0] !== bug.tensor || y === null || dy === null) continue;
    const part = gradientByOutput(node, y, dy);
    if (part === null || part.length !== others.length) continue;
    yield { predicted: others.map((x, i) => x + (part[i] as number)), allowed, what: 'that layer gave' };
  }
}

const reads = ({ nodes }: Edit, tensor: string): boolean => nodes.some(({ inputs }) => inputs.includes(tensor));

/** The nodes of both, in order of execution. */
function joined(a: Graph, b: Graph): Graph {
  const either = new Set([...a.nodes, ...b.nodes]);
  return { ...a, nodes: [...either] };
}
