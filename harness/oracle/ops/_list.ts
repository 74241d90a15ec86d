// Written by scripts/generate.mjs: do not edit.
import type { Operator } from '../../types/oracle.ts';
import { arithmetic } from './arithmetic.ts';
import { averagePool, globalAveragePool } from './average-pool.ts';
import { bitwise } from './bitwise.ts';
import { classify } from './classify.ts';
import { clip } from './clip.ts';
import { equal, orderings } from './comparisons.ts';
import { convTranspose } from './conv-transpose.ts';
import { conv } from './conv.ts';
import { elementary } from './elementary.ts';
import { erf } from './erf.ts';
import { exponentialUnits } from './exponential-units.ts';
import { extrema } from './extrema.ts';
import { gelus } from './gelu.ts';
import { hyperbolic } from './hyperbolic.ts';
import { logic } from './logic.ts';
import { lpPool, globalLpPool } from './lp-pool.ts';
import { maxPool, globalMaxPool } from './max-pool.ts';
import { mod } from './mod.ts';
import { pow } from './pow.ts';
import { prelu } from './prelu.ts';
import { rectifiers } from './rectifiers.ts';
import { sigmoids } from './sigmoids.ts';
import { steps } from './steps.ts';
import { sums } from './sum.ts';
import { trigonometry } from './trigonometry.ts';
import { where } from './where.ts';

export const operators: readonly (Operator)[] = [
  ...arithmetic,
  averagePool,
  globalAveragePool,
  ...bitwise,
  ...classify,
  clip,
  equal,
  ...orderings,
  convTranspose,
  conv,
  ...elementary,
  erf,
  ...exponentialUnits,
  ...extrema,
  ...gelus,
  ...hyperbolic,
  ...logic,
  lpPool,
  globalLpPool,
  maxPool,
  globalMaxPool,
  mod,
  pow,
  prelu,
  ...rectifiers,
  ...sigmoids,
  ...steps,
  ...sums,
  ...trigonometry,
  where,
];
