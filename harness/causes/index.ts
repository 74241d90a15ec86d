import { closest } from '../closest.ts';
import { LayerdiffError } from '../errors.ts';
import type { CauseEntry, CauseFamily } from './_cause.ts';
import { anyOperator } from './any-operator.ts';
import { attention } from './attention.ts';
import { convolution } from './convolution.ts';
import { given } from './given.ts';
import { layerGradients } from './gradient-layer.ts';
import { gradients } from './gradient.ts';
import { linear } from './linear.ts';
import { losses } from './loss.ts';
import { norm } from './norm.ts';
import { optimiser } from './optimiser.ts';
import { pointwise } from './pointwise.ts';
import { recurrentLayers } from './recurrent.ts';
import { structure } from './structure.ts';

export type { CauseEntry, CauseFamily };

/** Every cause that a diagnosis may give, by family, in the order in which a reader looks for them. */
export const causeFamilies: readonly CauseFamily[] = [
  anyOperator,
  given,
  linear,
  convolution,
  norm,
  attention,
  pointwise,
  recurrentLayers,
  structure,
  losses,
  gradients,
  layerGradients,
  optimiser,
];

export const causes: readonly CauseEntry[] = causeFamilies.flatMap((family) => family.causes);

/** The cause of this id. Throws E_OPTION, with the nearest id, where there is none. */
export function causeOf(id: string): CauseEntry {
  const found = causes.find((cause) => cause.id === id);
  if (found !== undefined) return found;
  const near = nearest(id);
  throw new LayerdiffError(
    'E_OPTION',
    id,
    'there is no such cause',
    `${near === null ? '' : `Did you mean "${near}"? `}"layerdiff explain" lists all.`,
  );
}

/** By spelling; else by the words after the dot: people remember `epsilon` and not `norm.epsilon`. */
function nearest(id: string): string | null {
  const ids = causes.map((cause) => cause.id);
  const tails = ids.map((known) => known.slice(known.indexOf('.') + 1));
  const tail = closest(id, tails);
  return closest(id, ids) ?? (tail === null ? null : (ids[tails.indexOf(tail)] as string));
}
