import { diagnoseSite } from '../../harness/diagnosis/index.ts';
import { openSession } from '../../harness/diagnosis/session.ts';
import { layerOfGradient, layerOfValue, wire } from '../../harness/graph.ts';
import { difference } from '../../harness/metrics/difference.ts';
import { createOracle, fromTensor, toTensor } from '../../harness/oracle/index.ts';
import { fromNumbers, sourceOf, unitRoundoff } from '../../harness/tensor.ts';
import { TENSOR_FACTOR } from '../../harness/tolerances/calibrated.ts';
import type { Attribute, Graph } from '../../harness/types/graph.ts';
import type { OracleRequest } from '../../harness/types/oracle.ts';
import type { Site } from '../../harness/types/report.ts';
import type { Rule } from '../../harness/types/rule.ts';
import type { Shape, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Direction } from '../../harness/types/trace.ts';

/** A network of which the subject got one tensor wrong. */
export interface Scene {
  readonly graph: Graph;
  /** The graph's inputs and, where they matter, other recorded values: they override what the network computes. */
  readonly values: ReadonlyMap<string, Tensor>;
  /** The subject's recorded gradients; none in a forward scene. */
  readonly gradients?: ReadonlyMap<string, Tensor>;
  readonly loss?: string | null;
  readonly tensor: string;
  readonly direction?: Direction;
  /** What the subject recorded for the tensor. */
  readonly subject: Tensor;
  /** Which activations are recorded (all, unless said): what lies between them is one fused segment. */
  readonly recorded?: readonly string[];
  readonly rules?: readonly Rule[];
}

/** The diagnosis of one tensor, by the real stages, with the noise that a float32 run of the network has. */
export function diagnose(scene: Scene): Site {
  const { graph, tensor, subject, direction = 'forward', loss = null } = scene;
  const wiring = wire(graph);
  const inputs = sources(new Map([...scene.values].filter(([name]) => !wiring.producer.has(name))));
  const values = recordedValues(scene, inputs);
  const gradients = sources(scene.gradients ?? new Map());
  const request: OracleRequest = { inputs, values, gradients, loss };
  const oracle = createOracle(graph, request);
  const answer = direction === 'forward' ? oracle.value(tensor) : oracle.gradient(tensor);
  const slack = 'slack' in answer ? (answer.slack as Float64Array | null) : null;
  const { r64, n32 } = answer;
  const { rms, referenceRms } = difference(n32.data, r64.data, slack);
  const allowed = TENSOR_FACTOR * rms + 2 * unitRoundoff('float32') * referenceRms;
  const given = { tensor, direction, wiring, request, subject: fromTensor(subject), truth: r64, slack, allowed };
  const session = openSession(given, values, gradients);
  const { layer, op } = direction === 'forward' ? layerOfValue(wiring, tensor) : layerOfGradient(wiring, tensor);
  const site: Site = { tensor, direction, layer, op, cause: null, candidates: [] };
  return diagnoseSite(site, session, [], scene.rules).site;
}

/** What the network computes in float32 from these inputs, by the oracle's sequential arithmetic. */
export function computed(graph: Graph, values: ReadonlyMap<string, Tensor>, tensor: string): Tensor {
  const request = { inputs: sources(values), values: new Map(), gradients: new Map(), loss: null };
  return toTensor(createOracle(graph, request).value(tensor).n32, 'float32');
}

function recordedValues(scene: Scene, inputs: ReadonlyMap<string, TensorSource>): ReadonlyMap<string, TensorSource> {
  const { graph, tensor, subject, direction = 'forward' } = scene;
  const own = new Map(direction === 'forward' ? [...scene.values, [tensor, subject] as const] : scene.values);
  const cuts = sources(own);
  const oracle = createOracle(graph, { inputs, values: cuts, gradients: new Map(), loss: null });
  const names = graph.nodes.flatMap((node) => node.outputs).filter((name) => name !== '');
  const kept = names.filter((name) => scene.recorded === undefined || scene.recorded.includes(name) || name === tensor);
  const made = kept.flatMap((name) => {
    if (own.has(name)) return [];
    const { n32 } = oracle.value(name);
    return [[name, sourceOf(toTensor(n32))] as const];
  });
  return new Map([...cuts, ...made]);
}

const sources = (tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, TensorSource> =>
  new Map([...tensors].map(([name, tensor]) => [name, sourceOf(tensor)]));

/** Numbers of a normal distribution, the same for the same seed. */
export function normal(shape: Shape, seed: number, scale = 1, mean = 0): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  let state = (Math.imul(seed, 0x9e3779b1) ^ 0x5bd1e995) >>> 0 || 1;
  const uniform = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return ((state >>> 0) + 0.5) / 2 ** 32;
  };
  const data = Array.from(
    { length: size },
    () => mean + scale * Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
  return fromNumbers('float32', shape, data);
}

/** A float32 tensor of what a function makes of each place of a shape. */
export function filled(shape: Shape, f: (index: readonly number[]) => number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  const index = shape.map(() => 0);
  const data = Float32Array.from({ length: size }, () => {
    const value = f(index);
    for (let a = shape.length - 1; a >= 0 && ++index[a]! === shape[a]; a--) index[a] = 0;
    return value;
  });
  return { dtype: 'float32', shape, data };
}

export const ints = (...value: number[]): Attribute => ({ kind: 'ints', value });
export const int = (value: number): Attribute => ({ kind: 'int', value });
export const float = (value: number): Attribute => ({ kind: 'float', value });
export const string = (value: string): Attribute => ({ kind: 'string', value });
