import { diagnoseSite } from '../../harness/diagnosis/index.ts';
import { openSession } from '../../harness/diagnosis/session.ts';
import { layerOfGradient, wire } from '../../harness/graph.ts';
import { noiseBetween } from '../../harness/metrics/difference.ts';
import { createOracle, fromTensor, toTensor } from '../../harness/oracle/index.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers, unitRoundoff } from '../../harness/tensor.ts';
import { TENSOR_FACTOR } from '../../harness/tolerances/calibrated.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Site } from '../../harness/types/report.ts';
import type { Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';

/** A network, what it is fed, and the recorded gradients of its outputs: the backward pass starts from random ones, never from ones. */
export interface Pass {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly seeds: ReadonlyMap<string, Tensor>;
  readonly loss?: string;
  /** Which tensors of the network the subject recorded; all where left out. What lies between them is one fused segment. */
  readonly recorded?: readonly string[];
}

/** A pass through a graph, with seeds for these outputs drawn from fixed numbers. */
export function passOf(graph: Graph, given: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Pass {
  const inputs = new Map(Object.entries(given));
  const pass = { graph, inputs, seeds: new Map<string, Tensor>() };
  const seeds = outputs.map((name, i) => [name, normal(computed(pass, name).shape, 900 + i)] as const);
  return { ...pass, seeds: new Map(seeds) };
}

/** The numbers of a tensor of the pass: an input, a parameter, or what the network computes in float32. */
export const valueIn = (pass: Pass, name: string): Float64Array =>
  toNumbers(pass.inputs.get(name) ?? pass.graph.initializers.get(name)?.read() ?? computed(pass, name));

/** The recorded gradient of an output. */
export const seedIn = ({ seeds }: Pass, name: string): Float64Array => toNumbers(seeds.get(name) as Tensor);

/** What the real stage says, where the subject recorded `wrong` as the gradient of the tensor. */
export function blame(pass: Pass, tensor: string, wrong: ArrayLike<number>, shape: Shape): Site {
  const { graph, loss = null } = pass;
  const wiring = wire(graph);
  const made = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');
  const kept = made.filter((name) => !pass.inputs.has(name) && pass.recorded?.includes(name) !== false);
  const values = new Map([...pass.inputs, ...kept.map((name) => [name, computed(pass, name)] as const)]);
  const subject = fromNumbers('float32', shape, wrong);
  const recorded = sources(new Map([...values].filter(([, { dtype }]) => isFloat(dtype) || dtype.startsWith('int'))));
  const gradients = sources(new Map([...pass.seeds, [tensor, subject]]));
  const request = { inputs: sources(pass.inputs), values: recorded, gradients, loss };
  const { r64, n32, slack } = createOracle(graph, request).gradient(tensor);
  const size = noiseBetween(r64.data, new Float64Array(r64.data.length), null);
  const allowed = TENSOR_FACTOR * noiseBetween(n32.data, r64.data, slack) + 2 * unitRoundoff('float32') * size;
  const given = {
    tensor,
    direction: 'backward',
    wiring,
    request,
    subject: fromTensor(subject),
    truth: r64,
    slack,
    allowed,
  } as const;
  const { layer, op } = layerOfGradient(wiring, tensor);
  const site: Site = { tensor, direction: 'backward', layer, op, cause: null, candidates: [] };
  return diagnoseSite(site, openSession(given, recorded, gradients), []).site;
}

/** The right gradient in sequential float32. */
export function rightGradient(pass: Pass, tensor: string): Float64Array {
  const request = {
    inputs: sources(pass.inputs),
    values: new Map(),
    gradients: sources(pass.seeds),
    loss: pass.loss ?? null,
  };
  return createOracle(pass.graph, request).gradient(tensor).n32.data;
}

/** Numbers of a normal distribution, the same for the same seed. */
export function normal(shape: Shape, seed: number, scale = 1, shift = 0): Tensor {
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const size = shape.reduce((a, b) => a * b, 1);
  const draw = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  return fromNumbers(
    'float32',
    shape,
    Array.from({ length: size }, () => shift + scale * draw()),
  );
}

function computed({ graph, inputs }: Pass, name: string): Tensor {
  const request = { inputs: sources(inputs), values: new Map(), gradients: new Map(), loss: null };
  return toTensor(createOracle(graph, request).value(name).n32);
}

const sources = (tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, TensorSource> =>
  new Map([...tensors].map(([name, tensor]) => [name, sourceOf(tensor)]));
