import type { Command } from 'commander';
import type { ExitCode } from '../run.ts';
import { addCheck } from './check.ts';
import { addCompare } from './compare.ts';
import { addExplain } from './explain.ts';
import { addGradcheck } from './gradcheck.ts';
import { addGradient } from './gradient.ts';
import { addInit } from './init.ts';
import { addInspect } from './inspect.ts';
import { addRecord } from './record.ts';

/** Adds one command to the program; it hands its exit code to `done`. */
export type AddCommand = (program: Command, done: (code: ExitCode) => void) => void;

/** The commands, in the order in which help shows them. */
export const commands: readonly AddCommand[] = [
  addCheck,
  addCompare,
  addRecord,
  addGradcheck,
  addGradient,
  addInspect,
  addExplain,
  addInit,
];
