import type { Emitter } from '../rule.ts';

/** Emits what lies from `start` to before `end` along one axis. */
export function slice(emitter: Emitter, name: string, axis: number, start: number, end: number): string {
  return emitter.emit('Slice', [name, emitter.ints([start]), emitter.ints([end]), emitter.ints([axis])]);
}
