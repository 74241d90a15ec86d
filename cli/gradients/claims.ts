import { doubleModel, referenceOf, type StudiedModel } from '../../adapters/onnxruntime/index.ts';
import type { Model } from '../../adapters/onnx/index.ts';
import { type Claim, rootMeanSquare } from '../../harness/checks/gradient-check.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { createOracle } from '../../harness/oracle/index.ts';
import { fromNumbers, sourceOf, toNumbers, unitRoundoff } from '../../harness/tensor.ts';
import type { Oracle } from '../../harness/types/oracle.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import type { Start } from './start.ts';

type Sources = ReadonlyMap<string, TensorSource>;

/** Whose claims are checked. */
export const ORACLE = 'oracle (float64)';
export const BACKWARD = 'ONNX Runtime (float32)';
export const BACKWARD_DOUBLE = 'ONNX Runtime (float64)';

/** What a gradient in float64 may be off, besides what the differences themselves may: a small part of what they exclude as a kink. */
const EXACT = 2e-6;

/** Hears of gradients that a party does not have; a name of '' stands for all. */
export type Refuse = (name: string, by: string, reason: string) => void;

/** Whose gradients of what, and where they begin. */
export interface Asked {
  readonly studied: StudiedModel;
  readonly inputs: Sources;
  readonly start: Start;
  readonly wants: readonly string[];
}

/** What each party says of each tensor. */
export type Claims = ReadonlyMap<string, Claim[]>;

/** What the oracle's vector-Jacobian products and the backward graph, run by ONNX Runtime in the model's own types, say. */
export async function claimsOf({ studied, inputs, start, wants }: Asked, refuse: Refuse): Promise<Claims> {
  const gradients = exact(start);
  const oracle = createOracle(studied.model.graph, { inputs, values: new Map(), gradients, loss: start.loss });
  const claims = new Map(wants.map((name) => [name, oracleClaims(oracle, name, refuse)]));
  const run = await replayed(studied.model, { inputs, seeds: start.seeds, loss: start.loss, wants });
  for (const [name, reason] of run.refused) refuse(name, BACKWARD, reason);
  for (const [name, gradient] of run.gradients) {
    const dtype = studied.concrete.dtype(name);
    claims.get(name)?.push(rounded(BACKWARD, gradient, oracle, name, dtype));
  }
  return claims;
}

/** Adds what the backward graph in float64 says, where ONNX Runtime has the kernels. */
export async function addDouble(
  claims: Claims,
  { studied, inputs, start, wants }: Asked,
  refuse: Refuse,
): Promise<void> {
  const double = await inDouble(studied, inputs, start, wants);
  if (typeof double === 'string') return refuse('', BACKWARD_DOUBLE, double);
  for (const [name, gradient] of double) {
    claims.get(name)?.push({ by: BACKWARD_DOUBLE, gradient, relative: EXACT, absolute: 0, slack: null });
  }
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
