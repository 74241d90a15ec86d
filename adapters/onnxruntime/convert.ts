import { LayerdiffError } from '../../harness/errors.ts';
import { sizeOf } from '../../harness/shape.ts';
import { BYTES } from '../../harness/tensor.ts';
import type { DataType, Tensor, TensorData } from '../../harness/types/tensor.ts';
import type { RawMetadata, RawTensor } from './runtime.mjs';

/** A tensor as ONNX Runtime takes it. The data is shared, not copied. Throws E_UNSUPPORTED for bfloat16, which cannot cross. */
export function toRaw(name: string, tensor: Tensor): RawTensor {
  if (tensor.dtype === 'bfloat16') throw cannotCross(name, 'bfloat16');
  return { name, type: tensor.dtype, dims: [...tensor.shape], data: tensor.data };
}

/** A tensor that ONNX Runtime gave. Throws E_UNSUPPORTED for a type that we have no name for. */
export function fromRaw({ name, type, dims, data }: RawTensor): Tensor {
  if (!Object.hasOwn(BYTES, type)) throw cannotCross(name, type);
  return { dtype: type as DataType, shape: [...dims], data: data as TensorData };
}

function cannotCross(name: string, type: string): LayerdiffError {
  return new LayerdiffError(
    'E_UNSUPPORTED',
    name,
    `ONNX Runtime cannot pass ${type} tensors to or from JavaScript`,
    `Supported are: ${Object.keys(BYTES).join(', ')}.`,
  );
}

/**
 * Holds what is fed against what the model declares. Throws E_INPUT that names the input, what was expected, what was
 * given; E_UNSUPPORTED for an input that is no tensor.
 */
export function checkFeeds(inputs: readonly RawMetadata[], feeds: ReadonlyMap<string, Tensor>): void {
  const known = inputs.map((input) => input.name);
  for (const name of feeds.keys()) {
    if (!known.includes(name))
      throw wrongInput(name, `the model has no such input`, `Its inputs are: ${known.join(', ') || 'none'}.`);
  }
  for (const { name, type, shape } of inputs) {
    if (type === null) throw cannotCross(name, 'sequence, optional and map');
    const given = feeds.get(name);
    const expected = `${type} [${shape?.map((d) => (d === '' ? '?' : d)).join(', ') ?? '…'}]`;
    if (given === undefined)
      throw wrongInput(name, `expected ${expected}, and it was not given`, 'Give every input of the model.');
    const what = `expected ${expected}, was given ${given.dtype} [${given.shape.join(', ')}]`;
    if (given.dtype !== type || !fits(shape, given.shape))
      throw wrongInput(name, what, 'Give the type and shape that the model declares.');
    checkLength(name, given);
  }
}

/** Throws E_INPUT for a name that is no output of the model, E_UNSUPPORTED for one that cannot cross (some would abort). */
export function checkFetches(outputs: readonly RawMetadata[], names: readonly string[]): void {
  for (const name of names) {
    const found = outputs.find((output) => output.name === name);
    if (found === undefined) {
      const known = outputs.map((output) => output.name).join(', ');
      throw wrongInput(name, 'the model has no such output', `Its outputs are: ${known}.`);
    }
    if (found.type === null) throw cannotCross(name, 'sequence, optional and map');
    if (!Object.hasOwn(BYTES, found.type)) throw cannotCross(name, found.type);
  }
}

/** Of an input without declared shape ONNX Runtime says the same as of a scalar, []: what does not fit there, it refuses itself. */
function fits(declared: readonly (number | string)[] | null, shape: readonly number[]): boolean {
  if (declared === null || declared.length === 0) return true;
  return declared.length === shape.length && declared.every((d, axis) => typeof d === 'string' || d === shape[axis]);
}

function checkLength(name: string, { shape, data }: Tensor): void {
  if (data.length === sizeOf(shape)) return;
  throw wrongInput(
    name,
    `${data.length} elements do not fill the shape [${shape.join(', ')}]`,
    'Give as many elements as the shape has.',
  );
}

function wrongInput(name: string, reason: string, remedy: string): LayerdiffError {
  return new LayerdiffError('E_INPUT', name, reason, remedy);
}
