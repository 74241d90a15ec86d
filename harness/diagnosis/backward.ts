import { difference } from '../metrics/difference.ts';
import { sizesAround } from '../rules/_numbers.ts';
import { suspects } from '../segment.ts';
import { type Prediction, type Proven, test } from '../stages/7-diagnose.ts';
import { unitRoundoff } from '../tensor.ts';
import type { GraphNode } from '../types/graph.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { contexts } from './backward-context.ts';
import { evaluationCost, ideaCost, isOpen, takes } from './budget.ts';
import type { Search } from './search.ts';
import { withFactor } from './with-factor.ts';
import { commonContext, gradientWith, type Session } from './session.ts';

/** So many units of rounding a prediction may be off by its own arithmetic, where what it replaces is exact (a copy, a mask). */
const OWN_ROUNDING = 8;

/** In a segment of very many unrecorded nodes, no more hypotheses than this are replayed through it. */
const MOST_REPLAYS = 600;

/** A segment of more nodes than this is not one layer: it is searched from the tensor on, and no further than to a bug that has a name. */
const MOST_FUSED = 16;

/** A proven bug of a backward pass, and where it is. */
export interface ProvenBackward extends Proven {
  readonly node: GraphNode;
  readonly rule: string;
  /** True where the node reads the faulty tensor itself: the bug then shows in no other recorded gradient. */
  readonly direct: boolean;
}

/**
 * Tries every backward rule on every node through which the gradient comes back, for each slot that reads a tensor of the segment.
 * Bugs that explained other gradients (`blamed`) are tried first: where few gradients are recorded, one bug shows in many.
 */
export function* backwardCauses(
  session: Session,
  rules: readonly Rule[],
  blamed: readonly ProvenBackward[] = [],
): Search<readonly ProvenBackward[]> {
  const { wiring, request, tensor } = session;
  const nodes = suspects(wiring, request, tensor, 'backward');
  const near = nodes.toSorted((a, b) => (wiring.position.get(a) as number) - (wiring.position.get(b) as number));
  for (const { node, rule } of blamed) {
    if (!nodes.includes(node)) continue;
    const { proven } = yield* tried(
      session,
      rules.filter(({ id }) => id === rule),
      [node],
      MOST_REPLAYS,
    );
    if (proven.length > 0) return proven.map((found) => followed(found));
  }
  const proven: ProvenBackward[] = [];
  const pairs: ProvenBackward[] = [];
  let left = MOST_REPLAYS;
  for (const node of near) {
    if (near.length > MOST_FUSED && proven.some(({ specificity }) => specificity === 3)) break;
    const found = yield* tried(session, rules, [node], left);
    proven.push(...found.proven);
    pairs.push(...found.pairs);
    left -= found.replays;
  }
  return proven.length > 0 ? proven : pairs;
}

/** The same bug, seen in another gradient that it flowed into. */
function followed(found: ProvenBackward): ProvenBackward {
  const { cause, node } = found;
  return { ...found, cause: { ...cause, claim: `follows from the backward pass of ${node.name}: ${cause.claim}` } };
}

interface Tried {
  readonly proven: readonly ProvenBackward[];
  /** What is proven together with a factor. */
  readonly pairs: readonly ProvenBackward[];
  readonly replays: number;
}

/** Tests what the rules propose for these nodes; inside a fused segment no more than `most` hypotheses. */
function* tried(session: Session, rules: readonly Rule[], nodes: readonly GraphNode[], most: number): Search<Tried> {
  const { budget } = session;
  const tested = { subject: session.subject.data, truth: session.truth.data, slack: session.slack };
  const [proven, pairs]: [ProvenBackward[], ProvenBackward[]] = [[], []];
  const sizes = sizesAround(commonContext(session));
  let replays = 0;
  for (const context of contexts(session, nodes)) {
    const { node, direct } = context;
    for (const rule of rules) {
      if (rule.backward === undefined || (rule.ops !== undefined && !rule.ops.includes(node.op))) continue;
      if (!takes(budget)) continue;
      budget.spent += ideaCost(session, node);
      yield;
      for (const hypothesis of rule.backward(context)) {
        if (!isOpen(budget) || (!direct && replays++ >= most)) break;
        budget.spent += direct ? ideaCost(session, null) : evaluationCost(session);
        const prediction = predict(session, context, hypothesis);
        if (prediction === null) continue;
        const found = test(prediction, tested);
        if (found !== null) proven.push({ ...found, node, rule: rule.id, direct });
        const pair = proven.length > 0 ? null : withFactor(prediction, tested.subject, sizes, tested.truth);
        const both = pair === null ? null : test(pair, tested);
        if (both !== null) pairs.push({ ...both, node, rule: rule.id, direct });
        yield;
      }
    }
  }
  return { proven, pairs, replays };
}

/** What the gradient of the faulty tensor would be, if the node sent this back. Inside a fused segment the rest of the way is right. */
function predict(session: Session, context: BackwardContext, hypothesis: BackwardHypothesis): Prediction | null {
  const { others, part, node, slot, direct } = context;
  if (hypothesis.part.length !== part.data.length) return null;
  const total = others.map((x, i) => x + (hypothesis.part[i] as number));
  if (direct) return allowing(session, hypothesis, total);
  try {
    const flows = new Map([[node.inputs[slot] as string, { ...part, data: total }]]);
    return allowing(session, hypothesis, gradientWith(session, flows));
  } catch {
    return null; // a hypothesis that cannot be computed is no hypothesis
  }
}

/** The noise grows with what is computed: a bug that makes numbers larger makes their rounding larger. */
function allowing(session: Session, told: BackwardHypothesis, predicted: Float64Array): Prediction {
  const { subjectRms, referenceRms } = difference(predicted, session.truth.data, null);
  const gain = referenceRms > 0 ? Math.max(1, subjectRms / referenceRms) : 1;
  const own = OWN_ROUNDING * unitRoundoff(session.subject.dtype) * subjectRms;
  const { cause, claim, fix, specificity, evidence = [] } = told;
  const allowed = Math.max(session.allowed * gain, own);
  return { cause, claim, fix, specificity, evidence, predicted, allowed };
}
