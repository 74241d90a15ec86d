import { LayerdiffError } from '../../harness/errors.ts';

const REMEDY = 'Check the model with onnx.checker.check_model, or export it again.';

/** The error for a graph that is not valid ONNX. */
export function invalid(place: string, reason: string, remedy = REMEDY): LayerdiffError {
  return new LayerdiffError('E_MODEL', place, reason, remedy);
}

/** Where in a file: `model.onnx, node "conv1"`. */
export const at = (place: string, kind: string, name: string): string => `${place}, ${kind} "${name}"`;
