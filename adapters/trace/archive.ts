import { LayerdiffError } from '../../harness/errors.ts';
import type { Shape, TensorSource } from '../../harness/types/tensor.ts';

/** What a file holds before its names are given a meaning. */
export interface Archive {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** safetensors' `__metadata__`; empty for NPZ. */
  readonly metadata: Readonly<Record<string, string>>;
  /** True where the order of `tensors` is the order in which they were written. */
  readonly ordered: boolean;
}

/** numpy's own limit on the number of axes. */
const MAX_RANK = 64;

/** The usual cause of a damaged file, and the usual cure. */
export const REWRITE = 'Write the file again: most often it was cut short, or its writer counts bytes wrongly.';

/** E_FORMAT at a tensor of a file. */
export function damaged(path: string, tensor: string | null, reason: string, remedy = REWRITE): LayerdiffError {
  return new LayerdiffError('E_FORMAT', placeOf(path, tensor), reason, remedy);
}

/** File and tensor, as every message names them. */
export function placeOf(path: string, tensor: string | null): string {
  return tensor === null ? path : `${path}, tensor "${shorten(tensor)}"`;
}

/** Text from a file, cut to what a message can bear. */
export function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** True for a whole number from 0 up that is held exactly. */
export const isCount = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0;

/** Proves that a value read from a file is a shape: few axes, each a whole number that is not negative. */
export function shapeFrom(value: unknown, path: string, tensor: string): Shape {
  const shape = Array.isArray(value) ? (value as unknown[]) : null;
  if (shape === null || !shape.every(isCount)) {
    const found = shorten(JSON.stringify(value) ?? 'nothing');
    throw damaged(path, tensor, `the shape is ${found}, not a list of whole numbers from 0 up`);
  }
  if (shape.length > MAX_RANK) throw damaged(path, tensor, `${shape.length} axes; at most ${MAX_RANK} are read`);
  return shape;
}
