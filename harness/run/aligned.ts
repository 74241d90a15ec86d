import type { CheckPlan } from '../check.ts';
import { closest } from '../closest.ts';
import { LayerdiffError } from '../errors.ts';
import { sketchOf } from '../metrics/sketch.ts';
import { findLoss } from '../loss.ts';
import { asType, share, type Shared } from '../stages/1-share.ts';
import { takeTrace, type Taken } from '../stages/2-trace.ts';
import { withRunningStatistics } from './running-statistics.ts';
import { align } from '../stages/3-align.ts';
import { isFloat } from '../tensor.ts';
import type { Reference, Subject, TensorType } from '../types/adapter.ts';
import type { Graph, ValueInfo } from '../types/graph.ts';
import type { Sketch } from '../types/sketch.ts';
import type { Alignment } from '../types/pair.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Trace } from '../types/trace.ts';

/** Both sides on the table: the subject's trace, what both were given, and which tensor is which. */
export interface Aligned {
  readonly taken: Taken;
  readonly shared: Shared;
  readonly alignment: Alignment;
  readonly types: ReadonlyMap<string, TensorType>;
  readonly loss: string | null;
  readonly seeds: ReadonlySet<string>;
  /** Why nothing may be compared, or null: inputs or parameters differ, or the subject is not deterministic. */
  readonly stop: 'not-shared' | 'nondeterministic' | null;
  readonly notes: readonly string[];
}

/** Stages 1 to 3: takes the trace, aligns it, and proves that both sides were given the same. */
export async function aligned(subject: Subject, reference: Reference, plan: CheckPlan): Promise<Aligned> {
  const { graph } = reference;
  plan.host.progress?.('reading the subject', 0, 1);
  const map = new Map([...(subject.map ?? []), ...plan.map]);
  const run = await takeTrace(subject, { inputs: plan.inputs, parameters: floatParameters(graph) }, plan.twice);
  const taken = { ...run, trace: withRunningStatistics(run.trace, graph, map) };
  const { trace } = taken;
  const { apart } = plan;
  const mapping = unusedNames(plan.map, trace);
  const outer = outerTypes(graph);
  const outerMap = new Map([...map].filter(([, theirs]) => outer.has(theirs)));
  const given = await align({
    graph: { ...graph, nodes: [] },
    types: outer,
    trace,
    map: outerMap,
    mayBeEmpty: true,
    apart,
  });
  const shared = share(graph, given, plan.inputs, trace.metadata.iteration);
  const types = await reference.describe(shared.inputs);
  const loss = plan.seeds.length > 0 && plan.loss === null ? null : findLoss(graph, types, plan.loss);
  const sketch = () => sketches(reference, shared.inputs, types);
  const replay = (values: ReadonlyMap<string, TensorSource>) => attempted(reference, shared.inputs, types, values);
  const alignment = await align({ graph, types, trace, map, sketch, replay, apart });
  const seeds = seedsOf(graph, types, alignment, loss, plan.seeds);
  const stop = shared.differs.length > 0 ? 'not-shared' : taken.unstable.length > 0 ? 'nondeterministic' : null;
  return {
    taken,
    shared,
    alignment,
    types,
    loss,
    seeds,
    stop,
    notes: [...mapping, ...shared.notes, ...alignment.notes],
  };
}

function floatParameters(graph: Graph): ReadonlyMap<string, TensorSource> {
  return new Map([...graph.initializers].filter(([, source]) => isFloat(source.dtype)));
}

/** Inputs and parameters: what can be paired before the reference has run. */
function outerTypes(graph: Graph): ReadonlyMap<string, TensorType> {
  const types = new Map<string, TensorType>();
  for (const { name, dtype, shape } of graph.inputs) {
    types.set(name, { dtype: dtype ?? 'float32', shape: numbersIn(shape) });
  }
  for (const [name, { dtype, shape }] of graph.initializers) types.set(name, { dtype, shape });
  return types;
}

/** A declared shape; a dimension that the model leaves open is 0, which fits none. */
const numbersIn = (shape: ValueInfo['shape']): number[] => (shape ?? []).map((d) => (typeof d === 'number' ? d : 0));

/** The reference's own run, in outline: one pass, nothing kept but a few numbers a tensor. */
async function sketches(
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
  types: ReadonlyMap<string, TensorType>,
  values: ReadonlyMap<string, TensorSource> = new Map(),
): Promise<Map<string, Sketch>> {
  const computed = reference.graph.nodes
    .flatMap((node) => node.outputs)
    .filter((name) => types.has(name) && types.get(name)?.dtype !== 'string');
  const found = new Map<string, Sketch>();
  for (const [name, source] of inputs) if (source.dtype !== 'string') found.set(name, sketchOf(source.read()));
  const request = {
    inputs,
    values,
    gradients: new Map(),
    loss: null,
    wantValues: computed,
    wantGradients: [],
  };
  for await (const { name, tensor } of reference.replay(request)) found.set(name, sketchOf(tensor));
  return found;
}

/** The same on given values; null where the reference refuses them: an index out of range, a kind of element that does not fit. */
async function attempted(
  reference: Reference,
  inputs: ReadonlyMap<string, TensorSource>,
  types: ReadonlyMap<string, TensorType>,
  values: ReadonlyMap<string, TensorSource>,
): Promise<ReadonlyMap<string, Sketch> | null> {
  try {
    const fitting = [...values].map(
      ([name, source]) => [name, asType(source, types.get(name)?.dtype ?? source.dtype, name)] as const,
    );
    return await sketches(reference, inputs, types, new Map(fitting));
  } catch {
    return null;
  }
}

/** Says which names of the user's mapping the subject did not record. Throws E_OPTION where it recorded none of them. */
function unusedNames(map: ReadonlyMap<string, string>, { values, gradients }: Trace): readonly string[] {
  const recorded = [...new Set([...values.keys(), ...gradients.keys()])];
  const unused = [...map.keys()].filter((name) => !values.has(name) && !gradients.has(name));
  if (unused.length === 0) return [];
  const [first] = unused as [string];
  const near = closest(first, recorded);
  const remedy = near === null ? `It holds ${recorded.slice(0, 4).join(', ')}, …` : `Did you mean "${near}"?`;
  const reason = `the subject recorded no "${first}"${unused.length > 1 ? ` (nor ${unused.length - 1} others of it)` : ''}`;
  if (unused.length === map.size) throw new LayerdiffError('E_OPTION', 'mapping', reason, remedy);
  return [`The mapping was used in part: ${reason}. ${remedy}`];
}

/**
 * Outputs whose recorded gradients start the backward pass: those named, or, where there is no loss, all that have one.
 * @throws E_OPTION where a named one does not exist, or has no recorded gradient
 */
function seedsOf(
  graph: Graph,
  types: ReadonlyMap<string, TensorType>,
  { pairs }: Alignment,
  loss: string | null,
  named: readonly string[],
): ReadonlySet<string> {
  const outputs = graph.outputs.map((output) => output.name);
  for (const name of named) if (pairs.get(name)?.gradient == null) throw noSeed(name, types, outputs);
  if (named.length > 0) return new Set(named);
  if (loss !== null) return new Set();
  return new Set(outputs.filter((name) => pairs.get(name)?.gradient != null));
}

function noSeed(name: string, types: ReadonlyMap<string, TensorType>, outputs: readonly string[]): LayerdiffError {
  const near = closest(name, [...types.keys()]);
  const [reason, remedy] = types.has(name)
    ? ['the subject recorded no gradient of it', `Record gradient/${name}, or start from the loss.`]
    : [
        'the reference has no such tensor',
        near === null ? `Its outputs are ${outputs.join(', ')}.` : `Did you mean "${near}"?`,
      ];
  return new LayerdiffError('E_OPTION', `--seed ${name}`, reason, remedy);
}
