import { closest } from '../closest.ts';
import { LayerdiffError } from '../errors.ts';
import { globTest } from '../glob.ts';
import type { PrecisionAllowance, Tolerance, ToleranceRule } from '../types/tolerance.ts';
import { allclose } from './allclose.ts';
import { calibrated, settledByFramework } from './calibrated.ts';
import { cosine } from './cosine.ts';
import { exact } from './exact.ts';
import { settledBySample } from './sampled.ts';
import { ulp } from './ulp.ts';

/** The default: what correct arithmetic of this kind, on these numbers, may be off by. */
export const calibratedTolerance: Tolerance = {
  spelled: 'calibrated',
  needsOracle: true,
  settle: settledByFramework,
  settleAt: settledBySample,
  judge: calibrated,
};

/** How each choice is spelled, and how many numbers it takes. */
const CHOICES: Readonly<Record<string, { numbers: number; make: (numbers: readonly number[]) => Tolerance }>> = {
  calibrated: { numbers: 0, make: () => calibratedTolerance },
  exact: { numbers: 0, make: () => exact },
  allclose: { numbers: 2, make: ([rtol, atol]) => allclose(rtol as number, atol as number) },
  ulp: { numbers: 1, make: ([units]) => ulp(units as number) },
  cosine: { numbers: 1, make: ([least]) => cosine(least as number) },
};

/**
 * Reads `exact`, `calibrated`, `allclose:rtol,atol`, `ulp:n`, `cosine:c`, each also for some tensors alone: `GLOB=allclose:1e-3,1e-5`.
 * @throws E_OPTION where it is spelled otherwise
 */
export function parseTolerance(text: string): ToleranceRule {
  const at = text.lastIndexOf('=');
  const glob = at < 0 ? '*' : text.slice(0, at);
  const [id, list] = text.slice(at + 1).split(':') as [string, string | undefined];
  const choice = CHOICES[id];
  const numbers = list === undefined || list === '' ? [] : list.split(',').map(Number);
  if (choice === undefined) {
    const near = closest(id, Object.keys(CHOICES));
    const remedy = near === null ? `Choose from ${SPELLINGS}.` : `Did you mean "${near}"?`;
    throw new LayerdiffError('E_OPTION', `--tolerance ${text}`, 'there is no such tolerance', remedy);
  }
  if (numbers.length !== choice.numbers || !numbers.every((x) => x >= 0 && Number.isFinite(x))) {
    throw new LayerdiffError(
      'E_OPTION',
      `--tolerance ${text}`,
      `"${id}" takes ${choice.numbers} numbers of at least 0`,
      `Write ${SPELLINGS}.`,
    );
  }
  return { glob, tolerance: choice.make(numbers) };
}

const SPELLINGS = 'exact, calibrated, allclose:1e-3,1e-5, ulp:4 or cosine:0.999, or GLOB= and one of these';

/** Reads `GLOB=reason`. Throws E_OPTION where the reason is missing: an allowance that nobody can judge later is none. */
export function parseAllowance(text: string): PrecisionAllowance {
  const at = text.indexOf('=');
  if (at > 0 && text.slice(at + 1).trim() !== '') return { glob: text.slice(0, at), reason: text.slice(at + 1).trim() };
  throw new LayerdiffError(
    'E_OPTION',
    `--allow-precision ${text}`,
    'it gives no reason',
    "Write 'GLOB=reason', e.g. 'conv*=stored as float16'.",
  );
}

/** The tolerance of a tensor: the last rule that fits, else the calibrated one. */
export function toleranceFor(rules: readonly ToleranceRule[]): (tensor: string) => Tolerance {
  const tests = rules.map(({ glob, tolerance }) => ({ fits: globTest(glob), tolerance })).reverse();
  return (tensor) => tests.find(({ fits }) => fits(tensor))?.tolerance ?? calibratedTolerance;
}

/** Why a tensor may lack precision, or null. */
export function allowanceFor(allowances: readonly PrecisionAllowance[]): (tensor: string) => string | null {
  const tests = allowances.map(({ glob, reason }) => ({ fits: globTest(glob), reason }));
  return (tensor) => tests.find(({ fits }) => fits(tensor))?.reason ?? null;
}
