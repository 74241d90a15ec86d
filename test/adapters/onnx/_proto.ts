import { encodeTensor } from '../../../adapters/onnx/encode.ts';
import { decodeModel, type Model } from '../../../adapters/onnx/model.ts';
import { encodeMessage, longOf } from '../../../adapters/onnx/wire.ts';
import { isLayerdiffError, type LayerdiffError } from '../../../harness/errors.ts';
import { float32 } from '../../../harness/tensor.ts';

/** A node as plain data, for models that our own encoder would never write. */
export interface NodeDraft {
  readonly op: string;
  readonly in?: readonly string[];
  readonly out?: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attribute?: readonly object[];
}

export interface ModelDraft {
  readonly nodes?: readonly NodeDraft[];
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  readonly initializers?: readonly Uint8Array[];
  readonly sparse?: readonly object[];
  readonly functions?: readonly object[];
  readonly opsets?: readonly (readonly [string, number])[];
  readonly ir?: number;
}

export const long = longOf;
export const long64 = (values: readonly number[]): unknown[] => values.map(longOf);

export const node = ({ op, in: input = [], out = [], name = '', domain = '', attribute = [] }: NodeDraft): object => ({
  opType: op,
  input,
  output: out,
  name,
  domain,
  attribute,
});

const float = encodeMessage('TypeProto', { tensorType: { elemType: 1 } });
const value = (name: string): object => ({ name, type: float });

export const graph = (draft: ModelDraft): object => ({
  name: 'g',
  node: (draft.nodes ?? []).map(node),
  input: (draft.inputs ?? []).map(value),
  output: (draft.outputs ?? []).map(value),
  initializer: draft.initializers ?? [],
  sparseInitializer: draft.sparse ?? [],
});

export const opsets = (versions: readonly (readonly [string, number])[]): object[] =>
  versions.map(([domain, version]) => ({ domain, version: longOf(version) }));

export const modelBytes = (draft: ModelDraft): Uint8Array =>
  encodeMessage('ModelProto', {
    irVersion: longOf(draft.ir ?? 8),
    graph: graph(draft),
    opsetImport: opsets(draft.opsets ?? [['', 17]]),
    functions: draft.functions ?? [],
  });

export const modelOf = (draft: ModelDraft, directory: string | null = null): Model =>
  decodeModel(modelBytes(draft), { place: 'm.onnx', directory });

/** A TensorProto with any of its fields. */
export function tensorBytes(head: object, body: object = {}): Uint8Array {
  return Buffer.concat([encodeMessage('TensorHead', head), encodeMessage('TensorBody', body)]);
}

export const weight = (name: string, shape: readonly number[] = [1]): Uint8Array =>
  encodeTensor(
    float32(
      shape,
      shape.reduce((size, d) => size * d, 1) === 0
        ? []
        : Array.from({ length: shape.reduce((s, d) => s * d, 1) }, (_, i) => i),
    ),
    name,
  );

/** The error that `act` throws; fails where it throws none, or another kind. */
export function errorOf(act: () => unknown): LayerdiffError {
  try {
    act();
  } catch (error) {
    if (isLayerdiffError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
