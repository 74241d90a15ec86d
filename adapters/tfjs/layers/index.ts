import { LayerdiffError } from '../../../harness/errors.ts';
import type { Describe, Describers, Sketchpad } from './_layer.ts';
import { activations } from './activations.ts';
import { core } from './core.ts';

const DESCRIBERS: Describers = { ...core, ...activations };

/** Classes of tfjs-layers that can be described. */
export const describedLayers = (): readonly string[] => ['InputLayer', ...Object.keys(DESCRIBERS)].sort();

/** What describes a layer. Throws E_UNSUPPORTED naming its class and those that are supported. */
export function describerOf(pad: Pick<Sketchpad, 'layer' | 'name'>): Describe {
  const kind = pad.layer.getClassName();
  const found = Object.hasOwn(DESCRIBERS, kind) ? DESCRIBERS[kind] : undefined;
  if (found !== undefined) return found;
  const remedy = `Supported are: ${describedLayers().join(', ')}.`;
  throw new LayerdiffError('E_UNSUPPORTED', pad.name, `layers of class ${kind} have no description`, remedy);
}
