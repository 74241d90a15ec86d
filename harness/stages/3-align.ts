import { aligners } from '../aligners/index.ts';
import { LayerdiffError } from '../errors.ts';
import { permuteAxes } from '../layout.ts';
import type { AlignerContext, Match } from '../types/aligner.ts';
import type { TensorType } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { Alignment, Pair } from '../types/pair.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Trace } from '../types/trace.ts';

/** What alignment needs to know. */
export interface AlignRequest {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly trace: Trace;
  readonly map: ReadonlyMap<string, string>;
  /** Where true, no pair at all is an answer, not an error. */
  readonly mayBeEmpty?: boolean;
}

/**
 * Stage 3: which tensor is which. Each aligner sees what the earlier ones left over; each pair keeps its why.
 * @throws E_NOTHING_COMPARABLE where no tensor has a partner
 */
export function align(request: AlignRequest): Alignment {
  const { graph, trace, types } = request;
  const mine = new Set(executionOrder(trace));
  const theirs = new Set(namesOf(graph, types));
  const matches: Match[] = [];
  for (const aligner of aligners) {
    for (const match of aligner.align(contextOf(request, [...mine], [...theirs]))) {
      if (!mine.delete(match.mine)) continue;
      theirs.delete(match.theirs);
      matches.push(match);
    }
  }
  if (matches.length === 0 && request.mayBeEmpty !== true) throw nothingInCommon(trace, graph);
  const pairs = new Map(matches.map((match) => [match.theirs, pairOf(match, trace)]));
  return { pairs, unpaired: [...mine], notes: [] };
}

/** The subject's names: as its order says, then those it does not list, in the file's order. */
export function executionOrder(trace: Trace): readonly string[] {
  const recorded = new Set([...trace.values.keys(), ...trace.gradients.keys()]);
  const ordered = (trace.metadata.order ?? []).filter((name) => recorded.has(name));
  return [...new Set([...ordered, ...recorded])];
}

/** The reference's names: inputs, parameters, then what each node makes. */
function namesOf(graph: Graph, types: ReadonlyMap<string, TensorType>): readonly string[] {
  const computed = graph.nodes.flatMap((node) => node.outputs).filter((name) => types.has(name));
  return [...graph.inputs.map((input) => input.name), ...graph.initializers.keys(), ...computed];
}

function contextOf(request: AlignRequest, mine: readonly string[], theirs: readonly string[]): AlignerContext {
  return { ...request, mine, theirs, referenceValue: (name) => request.graph.initializers.get(name) ?? null };
}

function pairOf({ mine, theirs, why, confidence, axes }: Match, trace: Trace): Pair {
  const laid = (source: TensorSource | undefined): TensorSource | null => {
    if (source === undefined) return null;
    return axes === undefined ? source : permuteAxes(source, axes);
  };
  return {
    tensor: theirs,
    subjectName: mine,
    why,
    confidence,
    value: laid(trace.values.get(mine)),
    gradient: laid(trace.gradients.get(mine)),
  };
}

function nothingInCommon(trace: Trace, graph: Graph): LayerdiffError {
  const mine = executionOrder(trace).slice(0, 4);
  const theirs = graph.nodes.flatMap((node) => node.outputs).slice(0, 4);
  const empty = mine.length === 0;
  return new LayerdiffError(
    'E_NOTHING_COMPARABLE',
    'trace',
    empty
      ? 'it holds no tensor'
      : `none of its names (${mine.join(', ')}, …) is one of the reference's (${theirs.join(', ')}, …)`,
    empty
      ? 'Record at least the network’s output, as value/NAME.'
      : 'Record tensors under the reference’s names, or give a mapping file {"mine": "theirs"} with --map.',
  );
}
