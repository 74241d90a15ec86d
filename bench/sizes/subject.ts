import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { writeTrace } from '../../adapters/trace/index.ts';
import { NO_METADATA } from '../../adapters/trace/metadata.ts';
import { isFloat, sourceOf } from '../../harness/tensor.ts';
import type { Reference } from '../../harness/types/adapter.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import type { BenchNet } from '../gradients/nets.ts';
import type { Bug } from './bugs.ts';
import { type Engine, withEngine } from './engines.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/** Runs the network, with a bug or without, forward and backward by another engine than the reference's, and writes what it computed as a trace. */
export async function writeSubject(path: string, net: BenchNet, engine: Engine, bug: Bug | null): Promise<void> {
  const trace = await withEngine(engine, () => traceOf(net, bug));
  writeTrace(path, trace);
}

async function traceOf(net: BenchNet, bug: Bug | null): Promise<Trace> {
  const graph = bug?.graph?.(net.graph) ?? net.graph;
  if (bug?.number === undefined) return runOf(graph, net, new Map(), new Map());
  const { tensor, direction, change } = bug.number;
  const forward = direction === 'forward';
  const right = await answerOf(graph, net, tensor, forward);
  const wrong = new Map([[tensor, sourceOf(change(right.read()))]]);
  // What is wrong is what the rest of the network goes on with.
  const trace = await runOf(graph, net, forward ? wrong : new Map(), forward ? new Map() : wrong);
  return forward
    ? { ...trace, values: new Map([...trace.values, ...wrong]) }
    : { ...trace, gradients: new Map([...trace.gradients, ...wrong]) };
}

async function runOf(graph: Graph, net: BenchNet, values: Sources, gradients: Sources): Promise<Trace> {
  const inputs = sourcesOf(net);
  const found = { values: new Map(inputs), gradients: new Map<string, TensorSource>() };
  await withReference(graph, async (reference) => {
    const types = await reference.describe(inputs);
    const floats = (names: Iterable<string>) => [...names].filter((n) => isFloat(types.get(n)?.dtype ?? 'int64'));
    const computed = graph.nodes.flatMap((node) => node.outputs).filter((name) => types.has(name));
    const wantGradients = floats([...graph.initializers.keys(), ...inputs.keys(), ...computed]);
    const request = { inputs, values, gradients, loss: 'loss', wantValues: computed, wantGradients };
    for await (const { name, direction, tensor } of reference.replay(request))
      (direction === 'forward' ? found.values : found.gradients).set(name, sourceOf(tensor));
  });
  return { ...found, updates: new Map(), states: new Map(), metadata: NO_METADATA };
}

async function answerOf(graph: Graph, net: BenchNet, tensor: string, forward: boolean): Promise<TensorSource> {
  const [wantValues, wantGradients] = forward ? [[tensor], []] : [[], [tensor]];
  const request = { ...NOTHING, inputs: sourcesOf(net), loss: 'loss', wantValues, wantGradients };
  let answer: TensorSource | null = null;
  await withReference(graph, async (reference) => {
    for await (const { tensor: found } of reference.replay(request)) answer = sourceOf(found);
  });
  if (answer === null) throw new Error(`no answer for ${tensor}`);
  return answer;
}

const NOTHING = { values: new Map<string, TensorSource>(), gradients: new Map<string, TensorSource>() };

const sourcesOf = ({ inputs }: BenchNet): Sources =>
  new Map(Object.entries(inputs).map(([name, tensor]) => [name, sourceOf(tensor)]));

async function withReference(graph: Graph, work: (reference: Reference) => Promise<void>): Promise<void> {
  const model = { graph, irVersion: 10, producer: 'bench' };
  const reference = await referenceOf(model, graph.name, { place: 'here' });
  try {
    await work(reference);
  } finally {
    await reference.release();
  }
}
