import { difference } from '../metrics/difference.ts';
import { createOracle } from '../oracle/index.ts';
import { toTensor } from '../oracle/value.ts';
import { segmentGraph } from '../segment.ts';
import { conclude, test } from '../stages/7-diagnose.ts';
import { isFloat, sourceOf } from '../tensor.ts';
import type { Graph, GraphNode } from '../types/graph.ts';
import type { Answers, Oracle, Value } from '../types/oracle.ts';
import type { Cause, Site } from '../types/report.ts';
import type { Edit } from '../types/rule.ts';
import type { TensorSource } from '../types/tensor.ts';
import { contexts } from './backward-context.ts';
import { gradientByOutput } from './by-output.ts';
import { allowance, edited, type ProvenEdit } from './forward.ts';
import { commonContext, type Session } from './session.ts';

/** A forward bug that was found, and the edits that prove it, the one that was told first; none where the numbers alone name it. */
export interface KnownBug {
  readonly site: Site;
  readonly proven: readonly ProvenEdit[];
}

/**
 * A gradient that is what a forward bug makes it: right for what the layer computes, or for the numbers that it gave, and wrong for the
 * network. One cause, told once. Null where no known bug gives these numbers: what is left is a bug of the backward pass.
 */
export function follows(site: Site, session: Session, known: readonly KnownBug[]): Site | null {
  const { subject, truth, slack } = session;
  for (const { site: bug, proven } of known) {
    for (const { predicted, allowed, what, cause } of consequences(session, bug, proven)) {
      const { id, claim, fix } = cause;
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
  readonly cause: Cause;
}

/** What the gradient would be behind a bug: that of the layer with the bug, or the right formulas with its wrong numbers in them. */
function* consequences(session: Session, bug: Site, proven: readonly ProvenEdit[]): Iterable<Consequence> {
  const { wiring, request, tensor } = session;
  const segment = segmentGraph(wiring, request, tensor, 'backward');
  for (const by of proven) {
    const inside = segment.nodes.includes(by.node);
    if (!inside && !reads(by.edit, tensor)) continue;
    // A layer that should not read the tensor, and does, sends it a gradient as well.
    const whole = inside ? segment : joined(session, segment, segmentGraph(wiring, request, bug.tensor, 'forward'));
    const oracle = createOracle(edited(whole, by.node, by.edit), request);
    yield* answered(session, by, 'that layer computes', () => oracle.gradient(tensor));
    for (const saves of [false, true])
      yield* answered(session, by, 'that layer gave', () => onItsNumbers(session, whole, oracle, by, saves));
  }
  const maker = wiring.producer.get(bug.tensor);
  if (bug.cause === null || maker === undefined || !segment.nodes.includes(maker)) return;
  const recorded = { cause: bug.cause };
  const saved = new Set([bug.tensor]);
  yield* answered(session, recorded, 'that layer gave', () =>
    createOracle(segment, { ...request, saved }).gradient(tensor),
  );
  yield* byOutput(session, bug.tensor, maker, bug.cause);
}

function* answered(
  session: Session,
  by: Pick<ProvenEdit, 'cause' | 'inFloat32'>,
  what: string,
  answer: () => Answers,
): Iterable<Consequence> {
  try {
    const answers = answer();
    const predicted = (by.inFloat32 === true ? answers.n32 : answers.r64).data;
    // Larger numbers round more coarsely.
    const { subjectRms, referenceRms } = difference(predicted, session.truth.data, null);
    const gain = referenceRms > 0 ? Math.max(1, subjectRms / referenceRms) : 1;
    yield { predicted, allowed: allowance(answers, session.allowed * gain), what, cause: by.cause };
  } catch {
    // with the bug the segment has no gradient: nothing follows from it
  }
}

/** The network's own backward pass on the numbers that the bug leaves in the layer. `saves`: where a derivative is written in terms of an output, it reads the wrong one. */
function onItsNumbers(session: Session, whole: Graph, oracle: Oracle, by: ProvenEdit, saves: boolean): Answers {
  const { request, tensor } = session;
  const names = whole.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const run = (which: 'r64' | 'n32'): Answers => {
    const inner = names.flatMap((name): [string, TensorSource][] => {
      if (request.values.has(name) || oracle.supports(name, 'forward') !== null) return [];
      const value: Value = oracle.value(name)[which];
      return isFloat(value.dtype) ? [[name, sourceOf(toTensor(value, 'float64'))]] : [];
    });
    const values = new Map([...request.values, ...inner]);
    const saved = new Set(saves ? names.filter((name) => values.has(name)) : []);
    return createOracle(whole, { ...request, values, saved }).gradient(tensor);
  };
  const naive = run('n32');
  return by.inFloat32 === true ? naive : { r64: run('r64').r64, n32: naive.n32 };
}

/** A derivative written in terms of the output, behind the recorded wrong output: also where the network's reads the input. */
function* byOutput(session: Session, tensor: string, maker: GraphNode, cause: Cause): Iterable<Consequence> {
  const { allowed, request } = session;
  const [y, dy] = [commonContext(session).value(tensor), commonContext(session).gradient(tensor)];
  if (!request.gradients.has(tensor) || y === null || dy === null) return;
  for (const { node, direct, others } of contexts(session, [maker])) {
    if (!direct || node.outputs[0] !== tensor) continue;
    const part = gradientByOutput(node, y, dy);
    if (part === null || part.length !== others.length) continue;
    yield { predicted: others.map((x, i) => x + (part[i] as number)), allowed, what: 'that layer gave', cause };
  }
}

const reads = ({ nodes }: Edit, tensor: string): boolean => nodes.some(({ inputs }) => inputs.includes(tensor));

/** The nodes of both, in order of execution. */
function joined({ wiring }: Session, a: Graph, b: Graph): Graph {
  const either = new Set([...a.nodes, ...b.nodes]);
  return { ...a, nodes: wiring.graph.nodes.filter((node) => either.has(node)) };
}
