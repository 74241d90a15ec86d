import type { Model } from '../../adapters/onnx/index.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';

/** The inputs of a file, or made up from the seed as the model declares them. Throws E_FILE, E_FORMAT; E_INPUT where they cannot be made up. */
export async function inputsFor(
  model: Model,
  path: string | undefined,
  seed: number,
): Promise<ReadonlyMap<string, TensorSource>> {
  if (path !== undefined) return (await import('../../adapters/trace/index.ts')).readTensors(path);
  const { referenceOf } = await import('../../adapters/onnxruntime/index.ts');
  const { madeUpInputs } = await import('../../harness/checks/made-up-inputs.ts');
  const reference = await referenceOf(model, model.graph.name);
  try {
    return await madeUpInputs(model.graph, (inputs) => reference.describe(inputs), seed);
  } finally {
    await reference.release();
  }
}
