import { type StudiedModel, studyModel } from '../../adapters/onnxruntime/index.ts';
import type { Model } from '../../adapters/onnx/index.ts';
import { type CheckEffort, checkGradient, type Target } from '../../harness/checks/gradient-check.ts';
import type { GradientReport, TensorCheck } from '../../harness/types/gradient-check.ts';
import { oracleObjective } from '../../harness/checks/oracle-objective.ts';
import { steeringOf } from '../../harness/checks/steering.ts';
import { createOracle } from '../../harness/oracle/index.ts';
import { isFloat, toNumbers } from '../../harness/tensor.ts';
import type { DataType, TensorSource } from '../../harness/types/tensor.ts';
import { addDouble, claimsOf, type Refuse } from './claims.ts';
import { startOf } from './start.ts';

type Sources = ReadonlyMap<string, TensorSource>;

export interface ModelCheckOptions {
  readonly loss: string | null;
  readonly effort: CheckEffort;
  /** Check the backward graph in float64 too, where ONNX Runtime can run it so (default: true). */
  readonly double?: boolean;
  readonly progress?: (step: string, done: number, total: number) => void;
}

/**
 * Holds every float parameter's and input's gradient, as three parties have it, against central differences of the oracle's float64
 * forward pass: the backward graph in the model's own types, the same in float64 where ONNX Runtime has the kernels, and the oracle's
 * own vector-Jacobian products.
 * @throws E_INPUT, E_LOSS; E_UNSUPPORTED where the oracle lacks an operator of the forward pass
 */
export async function checkModel(model: Model, inputs: Sources, options: ModelCheckOptions): Promise<GradientReport> {
  const studied = await studyModel(model, inputs);
  const { graph } = studied.model;
  const base = createOracle(graph, { inputs, values: new Map(), gradients: new Map(), loss: null });
  const start = startOf(graph, studied.concrete.described, options.loss, (name) => base.value(name).r64.data);
  const without: GradientReport['without'][number][] = [];
  const targets = targetsOf(studied, inputs, without);
  const refuse: Refuse = (name, by, reason) => void without.push({ name, by, reason });
  const asked = { studied, inputs, start, wants: targets.map(({ name }) => name) };
  const claims = await claimsOf(asked, refuse);
  if (options.double !== false) await addDouble(claims, asked, refuse);
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
