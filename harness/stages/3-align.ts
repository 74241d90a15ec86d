import { computingAligners, namingAligners } from '../aligners/index.ts';
import { normalisedName } from '../aligners/name.ts';
import { contradicted } from '../aligners/doubts.ts';
import { follow, type Followed } from '../aligners/follow.ts';
import { type Layout, type LayoutQuestion, settleLayouts } from '../aligners/layout.ts';
import { LayerdiffError } from '../errors.ts';
import { permuteAxes } from '../layout.ts';
import { sameShape, sizeOf } from '../shape.ts';
import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';
import type { TensorType } from '../types/adapter.ts';
import type { Graph } from '../types/graph.ts';
import type { Alignment, Pair } from '../types/pair.ts';
import type { Sketch } from '../types/sketch.ts';
import type { Shape, TensorSource } from '../types/tensor.ts';
import type { Trace } from '../types/trace.ts';

/** What alignment needs to know. */
export interface AlignRequest {
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly trace: Trace;
  readonly map: ReadonlyMap<string, string>;
  /** What the reference computes, in outline: called only where names leave tensors over, or shapes do not fit. */
  readonly sketch?: () => Promise<ReadonlyMap<string, Sketch>>;
  /** The same with these values in the place of its own, by its names; null where it cannot run with them. */
  readonly replay?: (values: ReadonlyMap<string, TensorSource>) => Promise<ReadonlyMap<string, Sketch> | null>;
  /** Where true, no pair at all is an answer, not an error. */
  readonly mayBeEmpty?: boolean;
  /** The subject's names that are said to have no partner. */
  readonly apart?: ReadonlySet<string>;
}

/**
 * Stage 3: which tensor is which, and in which layout. Each aligner sees what the earlier ones left over; each pair keeps its why.
 * @throws E_NOTHING_COMPARABLE where no tensor has a partner
 */
export async function align(request: AlignRequest): Promise<Alignment> {
  const { graph, trace, types } = request;
  const recorded = executionOrder(trace);
  const apart = recorded.filter((name) => request.apart?.has(name) === true);
  const mine = recorded.filter((name) => request.apart?.has(name) !== true);
  const open = { mine: new Set(mine), theirs: new Set(namesOf(graph, types)) };
  const named = namingAligners.map((aligner) => accept(aligner, request, open, null));
  const own = needsSketches(named.flat(), open, request) ? ((await request.sketch?.()) ?? null) : null;
  const matches = own === null ? named.flat() : withoutContradicted(named, request, open, own);
  const followed = own === null ? null : await followBugs(request, open, own);
  const sketches = followed?.sketches ?? own;
  matches.push(...taken(followed?.matches ?? [], open));
  if (sketches !== null)
    matches.push(...computingAligners.flatMap((aligner) => accept(aligner, request, open, sketches)));
  if (matches.length === 0 && request.mayBeEmpty !== true) throw nothingInCommon(trace, graph);
  const layouts = settleLayouts(matches.flatMap((match) => layoutQuestion(match, request, sketches)));
  const pairs = new Map(matches.map((match) => [match.theirs, pairOf(match, request, layouts.get(match.theirs))]));
  return { pairs, unpaired: [...open.mine, ...apart], notes: layoutNotes(layouts) };
}

interface Open {
  readonly mine: Set<string>;
  readonly theirs: Set<string>;
}

function accept(
  aligner: Aligner,
  { graph, types, trace, map }: AlignRequest,
  { mine, theirs }: Open,
  sketches: AlignerContext['sketches'],
): Match[] {
  const context = { graph, types, trace, map, ...inOrder({ mine, theirs }, trace, graph, types), sketches };
  return taken(aligner.align(context), { mine, theirs });
}

/** What is open, in order of execution. */
const inOrder = ({ mine, theirs }: Open, trace: Trace, graph: Graph, types: AlignRequest['types']) => ({
  mine: executionOrder(trace).filter((name) => mine.has(name)),
  theirs: namesOf(graph, types).filter((name) => theirs.has(name)),
});

/** Those of the matches whose both sides are still open: they no longer are. */
function taken(matches: readonly Match[], { mine, theirs }: Open): Match[] {
  return matches.filter((match) => {
    if (!mine.has(match.mine) || !theirs.has(match.theirs)) return false;
    mine.delete(match.mine);
    theirs.delete(match.theirs);
    return true;
  });
}

/** Similar names that the numbers speak against are open again. */
function withoutContradicted(
  named: readonly (readonly Match[])[],
  { graph, types, trace, map }: AlignRequest,
  { mine, theirs }: Open,
  sketches: ReadonlyMap<string, Sketch>,
): Match[] {
  const similar = named[namingAligners.indexOf(normalisedName)] ?? [];
  const all = { graph, types, trace, map, mine: [], theirs: namesOf(graph, types), sketches };
  const dropped = new Set(contradicted(similar, all));
  for (const match of dropped) {
    mine.add(match.mine);
    theirs.add(match.theirs);
  }
  return named.flat().filter((match) => !dropped.has(match));
}

/** Where tensors were left out, what lies behind a bug is told by going on with the wrong value. */
async function followBugs(
  request: AlignRequest,
  { mine, theirs }: Open,
  sketches: ReadonlyMap<string, Sketch>,
): Promise<Followed | null> {
  const { graph, types, trace, map, replay } = request;
  if (replay === undefined || mine.size === 0) return null;
  const context = { graph, types, trace, map, ...inOrder({ mine, theirs }, trace, graph, types), sketches };
  return follow(context, {
    replay,
    valuesOf(cut, known, at) {
      const layouts = settleLayouts([...known, ...cut].flatMap((match) => layoutQuestion(match, request, at)));
      const values = new Map<string, TensorSource>();
      for (const match of cut) {
        const { value } = pairOf(match, request, layouts.get(match.theirs));
        if (value === null || !sameShape(value.shape, types.get(match.theirs)?.shape ?? [])) return null;
        values.set(match.theirs, value);
      }
      return values;
    },
  });
}

/** The reference must be run first where names leave tensors over on both sides, or where layouts are in question. */
function needsSketches(
  matches: readonly Match[],
  { mine, theirs }: Open,
  { trace, types, graph }: AlignRequest,
): boolean {
  const left =
    [...theirs].some((name) => !graph.initializers.has(name)) && [...mine].some((name) => trace.values.has(name));
  return (
    left ||
    matches.some(({ mine: own, theirs: other }) => !sameShape(shapeIn(trace, own), types.get(other)?.shape ?? []))
  );
}

const shapeIn = ({ values, gradients }: Trace, name: string): Shape =>
  (values.get(name) ?? gradients.get(name))?.shape ?? [];

function layoutQuestion(
  { mine, theirs }: Match,
  { trace, types, graph }: AlignRequest,
  sketches: AlignerContext['sketches'],
): LayoutQuestion[] {
  const subject = trace.values.get(mine) ?? trace.gradients.get(mine);
  const shape = types.get(theirs)?.shape;
  if (subject === undefined || shape === undefined || graph.initializers.has(theirs)) return [];
  return [
    {
      tensor: theirs,
      subject,
      shape,
      // A gradient alone cannot be held against a value.
      sketch: trace.values.has(mine) ? (sketches?.get(theirs) ?? null) : null,
      declared: trace.metadata.axes.get(mine) ?? null,
    },
  ];
}

function layoutNotes(layouts: ReadonlyMap<string, Layout>): readonly string[] {
  if (layouts.size === 0) return [];
  const [first, layout] = [...layouts][0] as [string, Layout];
  return [
    `${layouts.size === 1 ? '1 tensor is' : `${layouts.size} tensors are`} in another layout than the reference's, and brought into it (${first}: ${layout.why}).`,
  ];
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

function pairOf({ mine, theirs, why, confidence }: Match, { trace, types }: AlignRequest, layout?: Layout): Pair {
  const shape = types.get(theirs)?.shape ?? [];
  const laid = (source: TensorSource | undefined): TensorSource | null => {
    if (source === undefined) return null;
    return layout === undefined ? scalarAs(source, shape) : permuteAxes(source, layout.axes);
  };
  return {
    tensor: theirs,
    subjectName: mine,
    why: layout === undefined ? why : `${why}; ${layout.why}`,
    confidence,
    value: laid(trace.values.get(mine)),
    gradient: laid(trace.gradients.get(mine)),
  };
}

/** One number is one number, whether its shape is [], [1] or [1, 1]: nothing can be in the wrong place. */
function scalarAs(source: TensorSource, shape: Shape): TensorSource {
  const one = sizeOf(source.shape) === 1 && sizeOf(shape) === 1;
  if (!one || sameShape(source.shape, shape)) return source;
  return { dtype: source.dtype, shape, read: () => ({ ...source.read(), shape }) };
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
