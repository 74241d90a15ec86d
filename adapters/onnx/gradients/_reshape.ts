import type { Shape } from '../../../harness/types/tensor.ts';
import type { Emitter } from '../rule.ts';
import { int } from '../rule.ts';

/** Emits a Reshape to exactly `shape`, empty axes included. */
export function reshape(emitter: Emitter, name: string, shape: Shape): string {
  const attributes = shape.includes(0) ? { allowzero: int(1) } : {};
  return emitter.emit('Reshape', [name, emitter.ints(shape)], attributes);
}
