import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { decodeTensor, loadModel, type Model } from '../../adapters/onnx/index.ts';
import { riskOf } from '../../adapters/onnxruntime/risk.ts';
import { checkModel } from '../../cli/gradients/check-model.ts';
import { FLOAT64 } from '../../harness/checks/gradient-check.ts';
import { steeringOf } from '../../harness/checks/steering.ts';
import { isLayerdiffError } from '../../harness/errors.ts';
import { normal, seedOf } from '../../harness/numerics/random.ts';
import { fromNumbers, isFloat, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';

const folder = fileURLToPath(new URL('../../../shared/data/onnx-backend/', import.meta.url));

/** ONNX's own operator tests, where they lie beside this repository. */
export const backendCases: readonly string[] = existsSync(folder)
  ? readdirSync(folder).filter((entry) => entry.startsWith('test_'))
  : [];

const effort = { ...FLOAT64, exhaustive: 4, elements: 3, directions: 1 };

/** How many gradients of a case were shown right; what stands against it; null where nothing in it can have a gradient. */
export async function gradcheckOf(name: string): Promise<number | string | null> {
  const model = loadModel(`${folder}${name}/model.onnx`);
  if (riskOf(model.graph) !== null) return null;
  try {
    const report = await checkModel(model, inputsOf(model, name), { loss: null, effort, double: false });
    const claims = report.tensors.flatMap((tensor) =>
      tensor.claims.map((claim) => ({ tensor: tensor.name, ...claim })),
    );
    const wrong = claims.filter(({ verdict }) => verdict !== 'match');
    const refused = report.without.filter(({ by }) => by !== null);
    const said = [
      ...wrong.map(({ tensor, by, verdict, worst }) => `${tensor}, ${by}: ${verdict} ${JSON.stringify(worst)}`),
      ...refused.map(({ name: tensor, by, reason }) => `${tensor}, ${by}: ${reason}`),
    ];
    if (said.length > 0) return said.join('; ');
    return claims.length === 0 ? null : claims.length;
  } catch (error) {
    if (!isLayerdiffError(error)) return String((error as Error).stack);
    return error.code === 'E_LOSS' ? null : error.message;
  }
}

/** The case's inputs, floats moved a little off the kinks and ties where example numbers like to lie. */
function inputsOf({ graph }: Model, name: string): ReadonlyMap<string, TensorSource> {
  const steering = steeringOf(graph);
  return new Map(
    graph.inputs.map((input, k) => {
      const path = `${folder}${name}/test_data_set_0/input_${k}.pb`;
      const { tensor } = decodeTensor(readFileSync(path), path);
      return [input.name, sourceOf(steering.has(input.name) ? tensor : moved(input.name, tensor))];
    }),
  );
}

function moved(name: string, tensor: Tensor): Tensor {
  if (!isFloat(tensor.dtype)) return tensor;
  const draw = normal(seedOf(name, 1));
  return fromNumbers(
    tensor.dtype,
    tensor.shape,
    toNumbers(tensor).map((x) => x + 0.02 * draw()),
  );
}
