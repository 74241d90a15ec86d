import { createOracle } from '../oracle/index.ts';
import { sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Edit, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Proven } from '../stages/7-diagnose.ts';
import { edited, hypotheses, prove, type ProvenEdit } from './forward.ts';
import { evaluationCost, ideaCost, isOpen, takes } from './budget.ts';
import type { Search } from './search.ts';
import type { Session } from './session.ts';

/** At most so many pairs of bugs are tried at a faulty tensor, */
const MOST_PAIRS = 400;
/** and at most about so many multiplications spent on them. */
const MOST_WORK = 1e8;
/** Fewer numbers than this could meet some pair by chance. */
const FEWEST_ELEMENTS = 8;

/**
 * Two bugs in one layer: where the first leaves the operator in place, the rules are asked once more about what is left.
 * Each of the two is told, with the other as evidence.
 */
export function* pairCauses(
  session: Session,
  rules: readonly Rule[],
  nodes: readonly GraphNode[],
): Search<readonly ProvenEdit[]> {
  if (session.truth.data.length < FEWEST_ELEMENTS) return [];
  const specific = rules.filter((rule) => rule.ops !== undefined);
  const work = nodes.reduce((sum, node) => sum + workOf(session, node), 0);
  let left = Math.min(MOST_PAIRS, Math.floor(MOST_WORK / work));
  const proven: ProvenEdit[] = [];
  for (const node of nodes) {
    if (!takes(session.budget)) continue;
    for (const { first, second, edit } of pairsAt(session, specific, node)) {
      if (left-- <= 0 || !isOpen(session.budget)) break;
      yield;
      const found = prove(session, node, { ...first, edit });
      if (found !== null) proven.push(...told(found, first, second).map((each) => ({ ...each, node, edit })));
    }
  }
  return proven;
}

interface Pair {
  readonly first: ForwardHypothesis;
  readonly second: ForwardHypothesis;
  readonly edit: Edit;
}

/** Every two different bugs of a node, once. */
function* pairsAt(session: Session, rules: readonly Rule[], node: GraphNode): Iterable<Pair> {
  const tried = new Set<string>();
  for (const first of hypotheses(session, rules, node)) {
    const left = first.edit.nodes.find((other) => other.op === node.op && other.domain === node.domain);
    if (left === undefined) continue;
    if (!isOpen(session.budget)) return;
    session.budget.spent += evaluationCost(session) + ideaCost(session, node);
    for (const second of secondsOf(session, rules, node, first, left)) {
      const key = [first.claim, second.claim].sort().join(' & ');
      if (first.claim === second.claim || tried.has(key)) continue;
      tried.add(key);
      yield { first, second, edit: composed(first.edit, left, second.edit) };
    }
  }
}

function secondsOf(
  session: Session,
  rules: readonly Rule[],
  node: GraphNode,
  first: ForwardHypothesis,
  left: GraphNode,
): readonly ForwardHypothesis[] {
  const segment = edited(session.segment, node, first.edit);
  const changed = { ...session, segment, oracle: createOracle(segment, session.request) };
  return hypotheses(changed, rules, left, 'diagnosis::second::');
}

/** The first edit with the second in the place of the operator that it left. */
function composed(first: Edit, left: GraphNode, second: Edit): Edit {
  return {
    nodes: first.nodes.flatMap((other) => (other === left ? second.nodes : [other])),
    constants: new Map([...(first.constants ?? []), ...(second.constants ?? [])]),
  };
}

/** Both causes, the first bug found first; less sure than one bug that explains everything. */
function told(found: Proven, first: ForwardHypothesis, second: ForwardHypothesis) {
  const specificity = Math.min(first.specificity, second.specificity) - 1;
  return [
    [first, second],
    [second, first],
  ].map(([own, other], i) => {
    const { cause: id, claim, fix } = own as ForwardHypothesis;
    const together = `one of two bugs in this layer, the other: ${(other as ForwardHypothesis).claim}`;
    const cause = { ...found.cause, id, claim: `${claim}; and ${(other as ForwardHypothesis).claim}`, fix };
    return {
      ...found,
      specificity,
      left: found.left + i * 1e-6,
      cause: { ...cause, evidence: [together, ...cause.evidence] },
    };
  });
}

/** About how many multiplications the layer takes: its output times what each element of it sums. Infinite where it cannot be computed. */
function workOf({ oracle, request }: Session, node: GraphNode): number {
  const shapeOf = (name: string | undefined): readonly number[] =>
    name === undefined || name === '' ? [] : (request.values.get(name)?.shape ?? oracle.value(name).r64.shape);
  try {
    const output = sizeOf(shapeOf(node.outputs[0]));
    const [, weight] = node.inputs;
    const shape = shapeOf(weight);
    return Math.max(1, output) * Math.max(1, sizeOf(shape.slice(1)));
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
