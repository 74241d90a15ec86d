import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Network } from '../../adapters/network/index.ts';

/** A hand-written network beside the same network in a framework. */
export interface Twin {
  readonly id: string;
  /** The reference, as ONNX. */
  readonly model: string;
  /** What both are fed. */
  readonly inputs: string;
  /** A fresh one: no state is shared between two. */
  make(): Network;
}

/** Paths of a twin's model and inputs, which lie in the folder of its name. */
export function beside(id: string): Pick<Twin, 'id' | 'model' | 'inputs'> {
  const folder = join(dirname(fileURLToPath(import.meta.url)), id);
  return { id, model: join(folder, 'model.onnx'), inputs: join(folder, 'inputs.safetensors') };
}

/** Parameters of a hand-written layer, by what PyTorch's exporter called them: `net.conv1.weight` for `conv1.weight`. */
export function exported(...parameters: readonly string[]): Record<string, string> {
  return Object.fromEntries(parameters.map((name) => [name, `net.${name}`]));
}

/** Weight and bias of each of these layers. */
export const pairs = (...layers: readonly string[]): string[] => layers.flatMap((l) => [`${l}.weight`, `${l}.bias`]);
