import type { Aligner } from '../types/aligner.ts';
import { declared } from './declared.ts';
import { exactName, normalisedName } from './name.ts';
import { parameterValue } from './parameter-value.ts';
import { structure } from './structure.ts';

/** The ways to find out which tensor is which, in the order in which they are tried: those that need no values of the reference. */
export const namingAligners: readonly Aligner[] = [declared, exactName, normalisedName, parameterValue];
/** Those that look at what was computed, for what the first left over. */
export const computingAligners: readonly Aligner[] = [structure];
