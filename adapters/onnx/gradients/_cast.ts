import type { DataType } from '../../../harness/types/tensor.ts';
import { elementNumber } from '../elements.ts';
import type { Emitter } from '../rule.ts';
import { int } from '../rule.ts';

/** Emits a Cast to the type. */
export function cast(emitter: Emitter, name: string, dtype: DataType): string {
  return emitter.emit('Cast', [name], { to: int(elementNumber(dtype)) });
}
