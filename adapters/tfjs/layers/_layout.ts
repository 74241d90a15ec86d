import { ints } from '../../onnx/rule.ts';
import type { Sketchpad } from './_layer.ts';

/** True where the layer's channels are its last axis. */
export const isLast = (pad: Sketchpad): boolean => pad.layer['dataFormat'] !== 'channelsFirst';

const places = (rank: number): number[] => Array.from({ length: rank - 2 }, (_, i) => i);

/** The layer's input with its channels as ONNX has them: N C …. */
export function toFirst(pad: Sketchpad, x = pad.inputs[0] as string, rank = pad.shapes[0]?.length ?? 4): string {
  if (!isLast(pad)) return x;
  return pad.emit('Transpose', [x], { perm: ints([0, rank - 1, ...places(rank).map((i) => i + 1)]) });
}

/** Back to the layer's own order of axes. */
export function fromFirst(pad: Sketchpad, y: string, rank = pad.shapes[0]?.length ?? 4): string {
  if (!isLast(pad)) return y;
  return pad.emit('Transpose', [y], { perm: ints([0, ...places(rank).map((i) => i + 2), 1]) });
}
