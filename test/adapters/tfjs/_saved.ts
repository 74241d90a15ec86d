import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Artifacts {
  readonly modelTopology: unknown;
  readonly weightSpecs: unknown;
  readonly weightData: ArrayBuffer;
}

/** Writes a LayersModel as model.json and weights.bin, with the loss as Keras writes it. */
export async function savedModel(network: object, folder: string, loss: string | null): Promise<void> {
  const save = async ({ modelTopology, weightSpecs, weightData }: Artifacts) => {
    writeFileSync(join(folder, 'weights.bin'), Buffer.from(weightData));
    const written = {
      format: 'layers-model',
      modelTopology: {
        keras_version: '2.15.0',
        backend: 'tensorflow',
        model_config: modelTopology,
        ...(loss === null
          ? {}
          : { training_config: { loss, metrics: [], optimizer_config: { class_name: 'SGD', config: {} } } }),
      },
      weightsManifest: [{ paths: ['weights.bin'], weights: weightSpecs }],
    };
    writeFileSync(join(folder, 'model.json'), JSON.stringify(written));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
  };
  await (network as { save(handler: object): Promise<unknown> }).save({ save });
}
