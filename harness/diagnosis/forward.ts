import { readsOf } from '../graph.ts';
import { difference, noiseBetween } from '../metrics/difference.ts';
import { createOracle } from '../oracle/index.ts';
import { opsetOf } from '../oracle/registry.ts';
import { suspects } from '../segment.ts';
import { type Proven, test } from '../stages/7-diagnose.ts';
import { sourceOf, unitRoundoff } from '../tensor.ts';
import { TENSOR_FACTOR } from '../tolerances/calibrated.ts';
import type { Difference } from '../types/difference.ts';
import type { Attribute, Graph, GraphNode } from '../types/graph.ts';
import type { Answers, Value } from '../types/oracle.ts';
import type { Edit, ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import { evaluationCost, ideaCost, isOpen, takes } from './budget.ts';
import type { Search } from './search.ts';
import { pairCauses } from './two-bugs.ts';
import { commonContext, type Session } from './session.ts';

/** A proven forward cause, with the network as it would be with that bug: what follows from it downstream can be computed. */
export interface ProvenEdit extends Proven {
  readonly node: GraphNode;
  readonly edit: Edit;
  /** What the edited network gives in float32 is what was predicted. */
  readonly inFloat32?: boolean;
  /** The rule that proposed it, and which of its proposals it was; absent where two bugs were found together. */
  readonly proposal?: { readonly rule: Rule; readonly index: number };
}

/** Rounding after every step makes float32 so many times as slow as float64. */
const ROUNDED = 3;

/** Tries every forward rule on every node of the segment; the edited segment is evaluated whole, so fused layers need nothing special. With `pairs`, where no bug explains a layer by itself, two in the same layer are tried. */
export function* forwardCauses(
  session: Session,
  rules: readonly Rule[],
  pairs: boolean,
): Search<readonly ProvenEdit[]> {
  const { wiring, request, tensor } = session;
  const nodes = suspects(wiring, request, tensor, 'forward');
  const early = yield* triedAt(
    session,
    rules.filter(({ late }) => late !== true),
    nodes,
  );
  if (early.length > 0 || !pairs) return early;
  const late = yield* triedAt(
    session,
    rules.filter((rule) => rule.late === true),
    nodes,
  );
  return late.length > 0 ? late : yield* pairCauses(session, rules, nodes);
}

/** What these rules propose for each of the nodes, tested. */
function* triedAt(
  session: Session,
  rules: readonly Rule[],
  nodes: readonly GraphNode[],
): Search<readonly ProvenEdit[]> {
  const { budget } = session;
  const proven: ProvenEdit[] = [];
  for (const node of nodes) {
    const fitting = rulesFor(rules, node);
    const context = isOpen(budget) ? contextOf(session, node, 'diagnosis::') : null;
    const here: ProvenEdit[] = [];
    for (const rule of fitting) {
      if (!takes(budget) || context === null) continue;
      here.push(...tried(session, context, rule));
      yield;
    }
    // Of equals the first is told: in the order of the rules, whichever was tried first.
    const place = ({ proposal }: ProvenEdit): number => rules.indexOf(proposal?.rule as Rule);
    proven.push(...here.sort((a, b) => place(a) - place(b)));
  }
  return proven;
}

/** The rules that have something to say of a node's output: first those of its own operator, as the budget may end. */
const rulesFor = (rules: readonly Rule[], node: GraphNode): readonly Rule[] => {
  const fitting = rules.filter(({ forward, ops }) => forward !== undefined && ops?.includes(node.op) !== false);
  return [...fitting.filter(({ ops }) => ops !== undefined), ...fitting.filter(({ ops }) => ops === undefined)];
};

/** What one rule proposes for one node, tested. */
function tried(session: Session, context: ForwardContext, rule: Rule): readonly ProvenEdit[] {
  const { budget } = session;
  const { node } = context;
  budget.spent += ideaCost(session, node);
  const proven: ProvenEdit[] = [];
  let index = 0;
  for (const hypothesis of rule.forward?.(context) ?? []) {
    if (!isOpen(budget)) break;
    const found = prove(session, node, hypothesis);
    const { edit, inFloat32 = false } = hypothesis;
    if (found !== null) proven.push({ ...found, node, edit, inFloat32, proposal: { rule, index } });
    index++;
  }
  return proven;
}

/** What was proven on a sample, proposed and proven again on the whole; null where it does not hold there. */
export function proveWhole(session: Session, { node, proposal, cause }: ProvenEdit): ProvenEdit | null {
  const context = proposal === undefined ? null : contextOf(session, node, 'diagnosis::');
  if (proposal === undefined || context === null) return null;
  session.budget.spent += ideaCost(session, node);
  let at = 0;
  for (const hypothesis of proposal.rule.forward?.(context) ?? []) {
    const same = hypothesis.cause === cause.id && (at === proposal.index || hypothesis.claim === cause.claim);
    const found = same ? prove(session, node, hypothesis) : null;
    const { edit, inFloat32 = false } = hypothesis;
    if (found !== null) return { ...found, node, edit, inFloat32, proposal };
    if (at++ > proposal.index) break;
  }
  return null;
}

/** What the rules say may be wrong with a node. `prefix`: what the names start with that the edits add. */
export function hypotheses(
  session: Session,
  rules: readonly Rule[],
  node: GraphNode,
  prefix = 'diagnosis::',
): readonly ForwardHypothesis[] {
  const context = contextOf(session, node, prefix);
  if (context === null) return [];
  const fitting = rules.filter((rule) => rule.ops === undefined || rule.ops.includes(node.op));
  return fitting.flatMap((rule) => [...(rule.forward?.(context) ?? [])]);
}

/** The segment with an edit in the place of one node. Outputs that the edit does not make are as they were: read from a record, they would prove anything. */
export function edited(graph: Graph, node: GraphNode, { nodes, constants }: Edit): Graph {
  const added = [...(constants ?? [])].map(([name, tensor]) => [name, sourceOf(tensor)] as const);
  const made = new Set(nodes.flatMap((each) => each.outputs));
  const left = node.outputs.map((name, i) => (made.has(name) ? `diagnosis::unused${i}` : name));
  const rest = left.every((name, i) => name === '' || made.has(node.outputs[i] as string));
  const others = rest ? [] : [{ ...node, outputs: left }];
  const all = graph.nodes.flatMap((other) => (other === node ? [...others, ...nodes] : [other]));
  // Only what is read: a deep network has thousands, and every hypothesis comes through here.
  const read = [...new Set(all.flatMap(readsOf))].flatMap((name) => {
    const source = graph.initializers.get(name);
    return source === undefined ? [] : [[name, source] as const];
  });
  return { ...graph, nodes: all, initializers: new Map([...read, ...added]) };
}

/** How far a right computation of the prediction may be from it: what was allowed, or float32's own noise there. */
export function allowance({ r64, n32 }: Answers, allowed: number): number {
  const noise = noiseBetween(n32.data, r64.data, null);
  const { referenceRms } = difference(r64.data, r64.data, null);
  const rounding = 2 * unitRoundoff(r64.dtype) * referenceRms;
  return Math.max(allowed, Number.isFinite(noise) ? TENSOR_FACTOR * noise + rounding : 0);
}

/** Tests an edit against the subject's own numbers. Null where they do not meet, or the edited segment cannot be computed. */
export function prove(session: Session, node: GraphNode, hypothesis: ForwardHypothesis): Proven | null {
  const { subject, truth, slack, tensor, allowed, budget } = session;
  const { nodes } = hypothesis.edit;
  budget.spent += evaluationCost(session) + 4 * nodes.length * ideaCost(session, null);
  try {
    const oracle = createOracle(edited(session.segment, node, hypothesis.edit), session.request);
    const answers = oracle.value(tensor);
    const { r64 } = answers;
    if (r64.data.length !== subject.data.length) return null;
    if (hypothesis.inFloat32 !== true && isFar(session, r64)) return null;
    const { n32 } = answers;
    budget.spent += ROUNDED * (evaluationCost(session) + 4 * nodes.length * ideaCost(session, null));
    // Where float32 overflows and float64 does not, overflow is what was predicted.
    const overflows = r64.data.some((x, i) => Number.isFinite(x) !== Number.isFinite(n32.data[i]));
    const predicted = overflows || hypothesis.inFloat32 === true ? n32.data : r64.data;
    const prediction = { ...hypothesis, predicted, allowed: allowance(answers, allowed) };
    return test(prediction, { subject: subject.data, truth: truth.data, slack });
  } catch {
    return null; // a hypothesis that cannot be computed is no hypothesis
  }
}

/** True where float64 alone shows that the prediction is nowhere near: the float32 replay is saved. */
function isFar(session: Session, { data }: Value): boolean {
  const left = difference(session.subject.data, data, session.slack);
  const error = errorOf(session);
  return left.nonFinite === 0 && error.nonFinite === 0 && left.rms > error.rms;
}

const errors = new WeakMap<Session, Difference>();

/** How far the subject is from the truth: the same for every hypothesis. */
function errorOf(session: Session): Difference {
  const { subject, truth, slack } = session;
  const error = errors.get(session) ?? difference(subject.data, truth.data, slack);
  errors.set(session, error);
  return error;
}

function contextOf(session: Session, node: GraphNode, prefix: string): ForwardContext | null {
  const { oracle, request, segment, tensor } = session;
  try {
    const common = commonContext(session);
    const readAt = (name: string): Value | undefined => {
      if (name === '') return undefined;
      const recorded = request.values.has(name) ? common.value(name) : null;
      return recorded ?? oracle.value(name).r64;
    };
    return {
      ...common,
      node,
      attributes: node.attributes,
      opset: opsetOf(node, segment.opset),
      inputs: node.inputs.map(readAt),
      outputs: node.outputs.map((name) => (name === '' ? undefined : oracle.value(name).r64)),
      direct: node.outputs.includes(tensor),
      same: (change) => same(node, change),
      fresh: (hint) => `${prefix}${hint}`,
    };
  } catch {
    return null;
  }
}

function same(node: GraphNode, { attributes, inputs, op, drop }: Parameters<ForwardContext['same']>[0]): Edit {
  const changed = { ...node.attributes, ...attributes };
  const kept = Object.fromEntries(
    Object.entries(changed).filter((entry): entry is [string, Attribute] => entry[1] !== null),
  );
  const names = node.inputs.map((name, slot) => (drop?.includes(slot) === true ? '' : (inputs?.[slot] ?? name)));
  for (const [slot, name] of Object.entries(inputs ?? {})) names[Number(slot)] = name;
  return { nodes: [{ ...node, op: op ?? node.op, inputs: names, attributes: kept }] };
}
