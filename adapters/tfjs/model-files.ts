import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LayerdiffError } from '../../harness/errors.ts';

/** A model.json, read. */
export interface ModelFile {
  readonly kind: 'layers' | 'graph';
  readonly path: string;
  readonly artifacts: ModelArtifacts;
  /** The loss that a Keras model was compiled with, where the file says so. */
  readonly loss: string | Readonly<Record<string, string>> | null;
}

/** What TensorFlow.js's loaders take from a handler's `load()`. */
export interface ModelArtifacts {
  readonly modelTopology: object;
  readonly weightSpecs: readonly object[];
  readonly weightData: ArrayBuffer;
  readonly [key: string]: unknown;
}

interface Written {
  readonly format?: string;
  readonly modelTopology?: object;
  readonly weightsManifest?: readonly { readonly paths: readonly string[]; readonly weights: readonly object[] }[];
  readonly [key: string]: unknown;
}

/**
 * Reads a model.json and the weight files beside it, as TensorFlow.js's converter and `model.save()` write them.
 * @throws E_FILE where a file cannot be read, E_FORMAT where it is none of TensorFlow.js's
 */
export function readModelFile(path: string): ModelFile {
  const written = parse(path);
  const { modelTopology: topology } = written;
  const kind = kindOf(written);
  if (topology === undefined || topology === null || kind === null) {
    const reason = 'it is no model.json of TensorFlow.js: it has no model topology';
    throw new LayerdiffError(
      'E_FORMAT',
      path,
      reason,
      'Give the model.json that model.save() or tensorflowjs_converter wrote.',
    );
  }
  const { node } = topology as { node?: unknown };
  if (kind === 'graph' && !(Array.isArray(node) && node.length > 0)) {
    const remedy = 'Give the model.json that tensorflowjs_converter wrote.';
    throw new LayerdiffError('E_FORMAT', path, 'its graph has no operators', remedy);
  }
  const { format: _, weightsManifest = [], ...rest } = written;
  const files = weightsManifest.flatMap(({ paths }) => paths.map((file) => bytesOf(join(dirname(path), file))));
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const weightData = joined(files);
  checkSize(path, weightSpecs, weightData.byteLength);
  return {
    kind,
    path,
    artifacts: { ...rest, modelTopology: topology, weightSpecs, weightData },
    loss: lossOf(written),
  };
}

function kindOf({ format, modelTopology }: Written): ModelFile['kind'] | null {
  const topology = (modelTopology ?? {}) as Record<string, unknown>;
  if (format === 'layers-model' || 'model_config' in topology || 'class_name' in topology) return 'layers';
  return format === 'graph-model' || 'node' in topology ? 'graph' : null;
}

/** From TensorFlow.js's `trainingConfig`, or Keras's `training_config`. */
function lossOf(written: Written): ModelFile['loss'] {
  const topology = written.modelTopology as { training_config?: { loss?: unknown } };
  const config = (written['trainingConfig'] as { loss?: unknown } | undefined) ?? topology.training_config;
  const loss = config?.loss as { class_name?: string } | string | readonly string[] | undefined;
  if (typeof loss === 'string') return loss;
  if (Array.isArray(loss)) return (loss[0] as string) ?? null;
  // A loss object of Keras: its class, CategoricalCrossentropy, is the function's name with a capital.
  if (typeof loss === 'object' && loss !== null && 'class_name' in loss) return lowered(String(loss.class_name));
  return (loss as Record<string, string> | undefined) ?? null;
}

const lowered = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function parse(path: string): Written {
  const text = Buffer.from(bytesOf(path)).toString('utf8');
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Written;
  } catch (cause) {
    throw new LayerdiffError('E_FORMAT', path, `it is not JSON: ${(cause as Error).message}`, 'Give a model.json.', {
      cause,
    });
  }
  throw new LayerdiffError('E_FORMAT', path, 'it holds no object', 'Give a model.json.');
}

function bytesOf(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    const reason = `cannot be read: ${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}`;
    const remedy = 'The weight files lie beside model.json, under the names that it says.';
    throw new LayerdiffError('E_FILE', path, reason, remedy, { cause });
  }
}

function joined(files: readonly Uint8Array[]): ArrayBuffer {
  const buffer = new ArrayBuffer(files.reduce((sum, file) => sum + file.byteLength, 0));
  let at = 0;
  for (const file of files) {
    new Uint8Array(buffer).set(file, at);
    at += file.byteLength;
  }
  return buffer;
}

interface WeightSpec {
  readonly shape?: readonly number[];
  readonly dtype?: string;
  readonly quantization?: { readonly dtype?: string };
}

const BYTES: Readonly<Record<string, number>> = { float32: 4, int32: 4, bool: 1, uint8: 1, uint16: 2, float16: 2 };

/** A weight file that ends early gives TensorFlow.js zeros or an error that names nothing. */
function checkSize(path: string, specs: readonly object[], found: number): void {
  let expected = 0;
  for (const { shape = [], dtype = '', quantization } of specs as readonly WeightSpec[]) {
    const bytes = BYTES[quantization?.dtype ?? dtype];
    if (bytes === undefined) return; // strings and complex numbers: TensorFlow.js knows
    expected += bytes * shape.reduce((a, b) => a * b, 1);
  }
  if (expected === found) return;
  const reason = `its weight files hold ${found} bytes, and its manifest says ${expected}`;
  throw new LayerdiffError(
    'E_FORMAT',
    path,
    reason,
    'Copy the weight files again: one is cut off, or of another model.',
  );
}
