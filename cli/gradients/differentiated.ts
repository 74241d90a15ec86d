import { encodeModel, type Model } from '../../adapters/onnx/index.ts';
import { type WithGradients, withGradients } from '../../adapters/onnx/with-gradients.ts';
import { studyModel } from '../../adapters/onnxruntime/index.ts';
import { LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { BYTES, isFloat } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { startOf } from './start.ts';

/** A model file must stay below 2 GiB, and has to be in memory twice while it is written. */
const MOST_BYTES = 2 ** 30;

/**
 * A model that computes, besides its own outputs, the gradient of every float parameter and input as an output `gradient/NAME`.
 * @returns the encoded model, and what its user must know, a line each
 * @throws E_LIMIT for weights of more than 1 GiB; E_LOSS, E_INPUT; E_NO_GRADIENT where no gradient at all can be had
 */
export async function differentiated(
  model: Model,
  inputs: ReadonlyMap<string, TensorSource>,
  loss: string | null,
): Promise<{ readonly bytes: Uint8Array; readonly told: readonly string[] }> {
  checkSize(model.graph);
  const studied = await studyModel(model, inputs);
  const { graph } = studied.model;
  const start = startOf(graph, studied.concrete.described, loss);
  const outer = [...graph.inputs.map(({ name }) => name), ...graph.initializers.keys()];
  const wants = outer.filter((name) => isFloat(studied.concrete.described.get(name)?.dtype ?? 'bool'));
  const seeded = [...start.seeds.keys()];
  const made = withGradients(graph, studied.concrete, { loss: start.loss, seeded, wants });
  const [first] = made.refused.values();
  if (made.gradients.length === 0 && first !== undefined) throw first;
  return { bytes: encodeModel(made.graph, { inline: () => true }), told: told(made, start.loss, seeded) };
}

function checkSize({ initializers, name }: Graph): void {
  let bytes = 0;
  for (const { dtype, shape } of initializers.values()) bytes += sizeOf(shape) * BYTES[dtype];
  if (bytes <= MOST_BYTES) return;
  const reason = `its weights take ${(bytes / 2 ** 30).toFixed(1)} GiB, and a file that holds them may have ${MOST_BYTES / 2 ** 30}`;
  throw new LayerdiffError(
    'E_LIMIT',
    name,
    reason,
    'Use "layerdiff record", which feeds weights instead of writing them.',
  );
}

function told(
  { gradients, zero, refused, frozen }: WithGradients,
  loss: string | null,
  seeded: readonly string[],
): string[] {
  const start =
    loss === null ? `starting from the inputs ${seeded.map((name) => `seed/${name}`).join(', ')}` : `of ${loss}`;
  return [
    `${gradients.length} gradients ${start}, as outputs gradient/NAME; for inputs of these shapes, and of whole numbers that give the same shapes`,
    ...(frozen.length > 0
      ? [`Valid only for the present elements of ${frozen.join(', ')}, which are written into it.`]
      : []),
    ...(zero.length > 0 ? [`Without output, as nothing leads from them to the start: ${zero.join(', ')}.`] : []),
    ...[...refused].map(([name, { message }]) => `Without output: ${name}. ${message}`),
  ];
}
