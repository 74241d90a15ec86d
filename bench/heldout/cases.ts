import { wire } from '../../harness/graph.ts';
import { isFloat } from '../../harness/tensor.ts';
import { seedOf, uniform } from '../../harness/numerics/random.ts';
import { sourceOf } from '../../harness/tensor.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import { opsetOf } from '../../harness/oracle/registry.ts';
import { type Bug, type Place, type Replaced, type Wrong } from './bug.ts';
import type { Net } from './maker.ts';
import { type Simulated, simulate, type Tampering } from './simulate.ts';

/** A bug in one layer of one network, and what the network then records. */
export interface Case {
  readonly net: Net;
  readonly bugs: readonly { readonly bug: Bug; readonly node: GraphNode }[];
  /** The tensors that are wrong by themselves, one list a bug: outputs (forward), or the input whose gradient it is (backward). */
  readonly tensors: readonly (readonly string[])[];
  readonly ran: Simulated;
  /** How large the error is, as a share of the tensor's own size; the smallest of the bugs'. */
  readonly size: number;
}

const SMALLEST = 1e-4;

/** Places in a network where a bug applies, in order of execution. */
export function placesOf(net: Net, right: Simulated, bug: Bug): { node: GraphNode; wrong: Wrong }[] {
  const wiring = wire(net.graph);
  return net.graph.nodes.flatMap((node) => {
    if (bug.ops !== null && !bug.ops.includes(node.op)) return [];
    const read = (name: string) => right.values.get(name);
    const inputs = node.inputs.map(read);
    const outputs = node.outputs.map(read);
    if (inputs[0] === undefined && node.inputs.length > 0) return [];
    const batch = inputs[0]?.shape[0] ?? 1;
    const place: Place = { node, wiring, inputs, outputs, batch, value: read, opset: opsetOf(node, net.graph.opset) };
    const wrong = bug.make(place);
    return wrong === null ? [] : [{ node, wrong }];
  });
}

/** One case a bug and operator of the network, at a layer drawn by the seed; null where nothing comes of it. */
export function makeCase(net: Net, chosen: readonly Chosen[], seed: number): Case | null {
  try {
    const ran = runWith(net, chosen, seed);
    const tensors = chosen.map(({ bug, node }) =>
      bug.direction === 'forward'
        ? node.outputs.filter((name) => name !== '')
        : [node.inputs[bug.slot as number] as string],
    );
    const size = Math.min(...chosen.map((one) => sizeOfError(net, one, chosen, ran, seed)));
    return { net, bugs: chosen, tensors, ran, size };
  } catch {
    return null; // the bug does not fit this layer's shapes
  }
}

/** A bug in its place, made. */
export interface Chosen {
  readonly bug: Bug;
  readonly node: GraphNode;
  readonly wrong: Wrong;
}

/** One iteration of the network with these bugs. */
function runWith(net: Net, chosen: readonly Chosen[], seed: number): Simulated {
  let { graph } = net;
  const tampering: Tampering[] = [];
  for (const { node, wrong } of chosen) {
    if ('nodes' in wrong) graph = replaced(graph, node, wrong);
    else tampering.push({ ...wrong, node });
  }
  return simulate({ graph, inputs: net.inputs, loss: net.loss, seed, tampering });
}

/** What is too small to be told from rounding is no case. */
export const matters = ({ size }: Case): boolean => size >= SMALLEST;

function replaced(graph: Graph, node: GraphNode, { nodes, constants = {} }: Replaced): Graph {
  const added = Object.entries(constants).map(([name, tensor]) => [name, sourceOf(tensor)] as const);
  return {
    ...graph,
    nodes: graph.nodes.flatMap((other) => (other === node ? nodes : [other])),
    initializers: new Map([...graph.initializers, ...added]),
  };
}

/** The layer alone, right, on what the buggy run gave it (backward: the same run without this bug): how far off is what the run recorded? */
function sizeOfError(net: Net, one: Chosen, chosen: readonly Chosen[], ran: Simulated, seed: number): number {
  const { bug, node } = one;
  if (bug.direction === 'forward') {
    const own: Graph = { ...net.graph, nodes: [node], outputs: [], initializers: new Map() };
    const inputs = new Map(node.inputs.filter((n) => n !== '').map((n) => [n, asTensor(ran.values.get(n)!)] as const));
    const right = simulate({ graph: own, inputs, loss: null, seed: seed + 1, tampering: [] });
    return Math.max(
      ...node.outputs.filter((n) => n !== '').map((n) => relative(ran.values.get(n)?.data, right.values.get(n)?.data)),
    );
  }
  const name = node.inputs[bug.slot as number] as string;
  // Where the right gradient is no more than rounding (a bias before a norm), so is whatever a factor makes of it.
  const others = chosen.filter((other) => other !== one);
  const rights = [1, 2].map((more) => runWith(net, others, seed + more).gradients.get(name)?.data);
  const error = relative(ran.gradients.get(name)?.data, rights[0]);
  return error > 50 * relative(rights[1], rights[0]) ? error : 0;
}

const asTensor = (value: { dtype: string; shape: readonly number[]; data: Float64Array }) => ({
  dtype: (isFloat(value.dtype as never) ? 'float64' : value.dtype) as 'float64',
  shape: value.shape,
  data: (value.dtype === 'int64'
    ? BigInt64Array.from(value.data, BigInt)
    : isFloat(value.dtype as never)
      ? value.data
      : Uint8Array.from(value.data)) as never,
});

function relative(a: Float64Array | undefined, b: Float64Array | undefined): number {
  if (a === undefined || b === undefined) return 0;
  if (a.length !== b.length) return Number.NaN;
  let [error, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    if (!Number.isFinite(a[i])) return 1;
    error += (a[i]! - b[i]!) ** 2;
    size += b[i]! ** 2;
  }
  return Math.sqrt(error / Math.max(size, 1e-30));
}

/** Picks one of the places, the same for the same seed. */
export function pick<T>(places: readonly T[], key: string, seed: number): T | undefined {
  return places[Math.floor(uniform(seedOf(key, seed))() * places.length)];
}
