import { doubleModel, referenceOf, type StudiedModel, studyModel } from '../../adapters/onnxruntime/index.ts';
import type { Model } from '../../adapters/onnx/index.ts';
import {
  checkGradient,
  type CheckEffort,
  type Claim,
  rootMeanSquare,
  type Target,
  type TensorCheck,
} from '../../harness/checks/gradient-check.ts';
import { oracleObjective } from '../../harness/checks/oracle-objective.ts';
import { steeringOf } from '../../harness/checks/steering.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { createOracle } from '../../harness/oracle/index.ts';
import { isFloat, sourceOf, fromNumbers, toNumbers, unitRoundoff } from '../../harness/tensor.ts';
import type { Oracle } from '../../harness/types/oracle.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import { type Start, startOf } from './start.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/** What a gradient check found. */
export interface GradientReport {
  /** What was differentiated: a tensor, or outputs with random cotangents. */
  readonly start: { readonly loss: string | null; readonly seeded: readonly string[] };
  readonly tensors: readonly TensorCheck[];
  /** Tensors, or one party's gradients of them, that were not checked, and why. */
  readonly without: readonly { readonly name: string; readonly by: string | null; readonly reason: string }[];
}

export interface ModelCheckOptions {
  readonly loss: string | null;
  readonly effort: CheckEffort;
  readonly progress?: (step: string, done: number, total: number) => void;
}

/** Whose claims are checked. */
export const ORACLE = 'oracle (float64)';
export const BACKWARD = 'ONNX Runtime (float32)';
export const BACKWARD_DOUBLE = 'ONNX Runtime (float64)';

/** What a gradient in float64 may be off, besides what the differences themselves may: a small part of what they exclude as a kink. */
const EXACT = 2e-6;

/**
 * Holds every float parameter's and input's gradient, as three parties have it, against central differences of the oracle's float64
 * forward pass: the backward graph in the model's own types, the same in float64 where ONNX Runtime has the kernels, and the oracle's
 * own vector-Jacobian products.
 * @throws E_INPUT, E_LOSS; E_UNSUPPORTED where the oracle lacks an operator of the forward pass
 */
export async function checkModel(model: Model, inputs: Sources, options: ModelCheckOptions): Promise<GradientReport> {
  const studied = await studyModel(model, inputs);
  const { graph } = studied.model;
  const start = startOf(graph, studied.concrete.described, options.loss);
  const without: GradientReport['without'][number][] = [];
  const targets = targetsOf(studied, inputs, without);
  const wants = targets.map(({ name }) => name);
  const claims = await claimsOf(
    studied,
    inputs,
    start,
    wants,
    (name, by, reason) => void without.push({ name, by, reason }),
  );
  const objective = oracleObjective(graph, inputs, start.weights);
  const tensors: TensorCheck[] = [];
  for (const [done, target] of targets.entries()) {
    options.progress?.('checking gradients', done, targets.length);
    const claimed = claims.get(target.name) ?? [];
    if (claimed.length > 0) tensors.push(await checkGradient(target, objective, claimed, options.effort));
  }
  return { start: { loss: start.loss, seeded: [...start.seeds.keys()] }, tensors, without };
}

/** Float parameters and inputs; of others it is said why they have no gradient. */
function targetsOf(
  { model: { graph } }: StudiedModel,
  inputs: Sources,
  without: GradientReport['without'][number][],
): Target[] {
  const steering = steeringOf(graph);
  const all = [
    ...graph.inputs.map(({ name }) => ['input', name, inputs.get(name)] as const),
    ...[...graph.initializers].map(([name, source]) => ['parameter', name, source] as const),
  ];
  return all.flatMap(([role, name, source]) => {
    if (source === undefined) return [];
    const reason = reasonAgainst(name, source, steering);
    // Whole numbers among the parameters are shapes and axes: nobody asks for their gradient.
    if (reason !== null && role === 'input') without.push({ name, by: null, reason });
    if (reason !== null) return [];
    return [{ name, role, shape: source.shape, data: toNumbers(source.read()) }];
  });
}

function reasonAgainst(name: string, source: TensorSource, steering: ReadonlyMap<string, string>): string | null {
  const dtype = heldType(source);
  if (dtype === null || !isFloat(dtype))
    return `it holds ${dtype ?? 'elements of a type that is not read'}, not floats`;
  const operator = steering.get(name);
  return operator === undefined ? null : `it steers ${operator}: no derivative is taken for sizes and ratios`;
}

function heldType(source: TensorSource): DataType | null {
  try {
    return source.dtype;
  } catch {
    return null;
  }
}

type Refuse = (name: string, by: string, reason: string) => void;

/** What each party says of each tensor. */
async function claimsOf(
  studied: StudiedModel,
  inputs: Sources,
  start: Start,
  wants: readonly string[],
  refuse: Refuse,
) {
  const { graph } = studied.model;
  const request = { inputs, values: new Map(), gradients: start.seeds, loss: start.loss };
  const oracle = createOracle(graph, { ...request, gradients: exact(start) });
  const claims = new Map(wants.map((name) => [name, oracleClaims(oracle, name, refuse)]));
  const run = await replayed(studied.model, { inputs, seeds: start.seeds, loss: start.loss, wants });
  for (const [name, reason] of run.refused) refuse(name, BACKWARD, reason);
  for (const [name, gradient] of run.gradients) {
    const dtype = studied.concrete.dtype(name);
    claims.get(name)?.push(rounded(BACKWARD, gradient, oracle, name, dtype));
  }
  const double = await inDouble(studied, inputs, start, wants);
  if (typeof double === 'string') refuse('', BACKWARD_DOUBLE, double);
  else {
    for (const [name, gradient] of double) {
      claims.get(name)?.push({ by: BACKWARD_DOUBLE, gradient, relative: EXACT, absolute: 0, slack: null });
    }
  }
  return claims;
}

/** The cotangents in full precision. */
const exact = ({ seeds, weights }: Start): Sources =>
  new Map(
    [...seeds].map(([name, { shape }]) => [
      name,
      sourceOf(fromNumbers('float64', shape, weights.get(name) as Float64Array)),
    ]),
  );

function oracleClaims(oracle: Oracle, name: string, refuse: Refuse): Claim[] {
  const reason = oracle.supports(name, 'backward');
  if (reason !== null) refuse(name, ORACLE, reason);
  if (reason !== null) return [];
  return [{ by: ORACLE, gradient: oracle.gradient(name).r64.data, relative: EXACT, absolute: 0, slack: null }];
}

/** A claim in the network's own precision: 16 times as far from the truth as plain float32 code, or a thousand roundings. */
function rounded(by: string, gradient: Float64Array, oracle: Oracle, name: string, dtype: DataType): Claim {
  const relative = 2 ** 11 * unitRoundoff(dtype);
  if (oracle.supports(name, 'backward') !== null)
    return { by, gradient, relative: 2 * relative, absolute: 0, slack: null };
  const { r64, n32, slack } = oracle.gradient(name);
  const noise = rootMeanSquare(r64.data.map((x, i) => x - (n32.data[i] as number)));
  return { by, gradient, relative, absolute: 16 * noise, slack };
}

interface Wanted {
  readonly inputs: Sources;
  readonly seeds: Sources;
  readonly loss: string | null;
  readonly wants: readonly string[];
}

async function replayed(model: Model, { inputs, seeds, loss, wants }: Wanted) {
  const gradients = new Map<string, Float64Array>();
  const refused = new Map<string, string>();
  const reference = await referenceOf(model, model.graph.name);
  try {
    const request = { inputs, values: new Map(), gradients: seeds, loss, wantValues: [], wantGradients: wants };
    const hear = (name: string, reason: string): void => void refused.set(name, reason);
    for await (const { name, tensor } of reference.replay({ ...request, refused: hear })) {
      gradients.set(name, toNumbers(tensor));
    }
  } finally {
    await reference.release();
  }
  return { gradients, refused };
}

/** The gradients of the same model in float64, or why ONNX Runtime cannot run it so. */
async function inDouble(studied: StudiedModel, inputs: Sources, start: Start, wants: readonly string[]) {
  try {
    const double = doubleModel(studied, inputs);
    const seeds = exact(start);
    const { gradients } = await replayed(double.model, { inputs: double.inputs, seeds, loss: start.loss, wants });
    return gradients;
  } catch (error) {
    if (isLayerdiffError(error) && ['E_REFERENCE', 'E_UNSUPPORTED'].includes(error.code)) return error.message;
    throw error;
  }
}
