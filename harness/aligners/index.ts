import type { Aligner } from '../types/aligner.ts';
import { declared } from './declared.ts';
import { exactName, normalisedName } from './name.ts';

/** The ways to find out which tensor is which, in the order in which they are tried. */
export const aligners: readonly Aligner[] = [declared, exactName, normalisedName];
