import { LayerdiffError } from '../harness/errors.ts';
import { difference } from '../harness/metrics/difference.ts';
import { worstElements } from '../harness/metrics/worst.ts';
import { sameShape } from '../harness/shape.ts';
import { unitRoundoff } from '../harness/tensor.ts';
import { BLIND_FACTOR, calibrated } from '../harness/tolerances/calibrated.ts';
import { parseTolerance } from '../harness/tolerances/index.ts';
import type { DataType, Shape } from '../harness/types/tensor.ts';
import type { Judgement } from '../harness/types/tolerance.ts';
import { element, indexText, percent, short } from '../reports/shared/number.ts';
import { type Numbers, numbersOf } from './numbers-like.ts';
import type { MatcherContext, MatcherResult } from './types.ts';

export interface TensorOptions {
  /**
   * `exact`, `allclose:rtol,atol`, `ulp:n` or `cosine:c`. Without one, the tensors may be so many units of rounding of the coarser of the
   * two types apart as any sound float arithmetic is (whole numbers: none). The calibrated tolerance needs the operator, for its oracle:
   * use `toMatchReference` for that.
   */
  readonly tolerance?: string;
}

/**
 * Passes where both hold the same numbers within the tolerance, in the same shape where both have one; NaN and infinities agree in place
 * and sign.
 * @throws E_INPUT for what is no tensor, E_OPTION for a tolerance that does not exist or needs more than two tensors
 */
export function toMatchTensor(
  this: MatcherContext,
  received: unknown,
  expected: unknown,
  { tolerance }: TensorOptions = {},
): MatcherResult {
  const [mine, theirs] = [numbersOf(received, 'received'), numbersOf(expected, 'expected')];
  const differing = shapesDiffer(mine, theirs);
  if (differing !== null) return { pass: false, message: () => differing };
  const shape = mine.shape ?? theirs.shape ?? [mine.data.length];
  const judgement = judged(mine, theirs, shape, tolerance);
  return { pass: judgement.passes, message: () => text(mine.data, theirs.data, shape, judgement) };
}

function shapesDiffer(mine: Numbers, theirs: Numbers): string | null {
  const bothShaped = mine.shape !== null && theirs.shape !== null;
  const same = bothShaped
    ? sameShape(mine.shape as Shape, theirs.shape as Shape)
    : mine.data.length === theirs.data.length;
  if (same) return null;
  return `The tensors have different shapes: received ${shapeOf(mine)}, expected ${shapeOf(theirs)}.`;
}

const shapeOf = ({ shape, data }: Numbers): string => indexText(shape ?? [data.length]);

function judged(mine: Numbers, theirs: Numbers, shape: Shape, chosen: string | undefined): Judgement {
  const evidence = {
    subject: mine.data,
    reference: theirs.data,
    oracle: null,
    slack: null,
    shape,
    dtype: coarser(mine.dtype, theirs.dtype),
    scale: 0,
  };
  if (chosen !== undefined) return toleranceOf(chosen).judge(evidence);
  const judgement = calibrated(evidence);
  const because = `${2 * BLIND_FACTOR} units of rounding to ${evidence.dtype} at the tensor's own size`;
  return { ...judgement, because };
}

function toleranceOf(chosen: string) {
  const { tolerance } = parseTolerance(chosen);
  if (!tolerance.needsOracle) return tolerance;
  const remedy = 'Leave it out, choose another (allclose:1e-3,1e-5), or compare the network with toMatchReference.';
  const reason = 'it asks an oracle what the operator should give, and two tensors do not say which operator it was';
  throw new LayerdiffError('E_OPTION', `tolerance ${chosen}`, reason, remedy);
}

/** The type whose unit of rounding counts; a list of numbers takes the other's, two of them are float64. */
function coarser(a: DataType | null, b: DataType | null): DataType {
  const [x, y] = [a ?? b ?? 'float64', b ?? a ?? 'float64'];
  return unitRoundoff(x) >= unitRoundoff(y) ? x : y;
}

function text(mine: Float64Array, theirs: Float64Array, shape: Shape, judgement: Judgement): string {
  const { passes, measured, allowed, because } = judgement;
  const { rms, maxAbs, referenceRms, cosine, nonFinite } = difference(mine, theirs, null);
  const relative = referenceRms > 0 ? `, ${percent(rms / referenceRms)} of the expected size` : '';
  const direction = cosine === null ? '' : `, cosine ${short(cosine, 6)}`;
  const lines = [
    passes ? 'The tensors match.' : 'The tensors differ.',
    `  measured ${short(measured)}, allowed ${short(allowed)}: ${because}`,
    `  error: rms ${short(rms)}${relative}; largest ${short(maxAbs)}${direction}`,
  ];
  if (nonFinite > 0) lines.push(`  ${nonFinite} elements are NaN or infinite on one side only, or of another sign`);
  const worst = worstElements(mine, theirs, null, shape);
  for (const { index, subject, reference } of worst) {
    lines.push(`  ${indexText(index)}: received ${element(subject)}, expected ${element(reference)}`);
  }
  return lines.join('\n');
}
