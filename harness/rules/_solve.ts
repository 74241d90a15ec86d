/** What a model with some constants gives for each element; null where it cannot be computed. */
export type Model = (constants: readonly number[]) => Float64Array | null;

const MOST_STEPS = 30;

/**
 * Constants that bring a model nearest to the target (least squares, Levenberg and Marquardt's way, numeric derivatives).
 * Null where nothing near is found. Elements that are not finite on a side are left out.
 */
export function solve(start: readonly number[], model: Model, target: Float64Array): readonly number[] | null {
  let constants = [...start];
  let values = model(constants);
  if (values === null || values.length !== target.length) return null;
  let loss = lossOf(values, target);
  let damping = 1e-3;
  for (let step = 0; step < MOST_STEPS; step++) {
    const columns = constants.map((c, k) => derivative(model, constants, values as Float64Array, k, c));
    const change = stepOf(columns, values, target, damping);
    if (change === null) break;
    const next = constants.map((c, k) => c + (change[k] as number));
    const moved = model(next);
    const lower = moved === null ? Number.POSITIVE_INFINITY : lossOf(moved, target);
    if (lower < loss && moved !== null) {
      const settled = loss - lower <= 1e-15 * loss;
      [constants, values, loss, damping] = [next, moved, lower, Math.max(1e-12, damping / 10)];
      if (settled || loss === 0) break;
    } else if ((damping *= 10) > 1e9) break;
  }
  return constants.every(Number.isFinite) ? constants : null;
}

function lossOf(values: Float64Array, target: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const e = (values[i] as number) - (target[i] as number);
    if (Number.isFinite(e)) sum += e * e;
  }
  return sum;
}

function derivative(model: Model, at: readonly number[], values: Float64Array, k: number, c: number): Float64Array {
  const h = 1e-5 * Math.max(1e-2, Math.abs(c));
  const moved = model(at.map((x, i) => (i === k ? x + h : x)));
  return values.map((v, i) => ((moved?.[i] ?? v) - v) / h);
}

/** (JᵀJ + λ·diag) Δ = Jᵀ(target − values), by elimination. */
function stepOf(
  columns: readonly Float64Array[],
  values: Float64Array,
  target: Float64Array,
  damping: number,
): number[] | null {
  const rest = target.map((t, i) => {
    const e = t - (values[i] as number);
    return Number.isFinite(e) ? e : 0;
  });
  const rows = columns.map((a, i) => [...columns.map((b, j) => dot(a, b) * (i === j ? 1 + damping : 1)), dot(a, rest)]);
  return eliminate(rows);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const x = (a[i] as number) * (b[i] as number);
    if (Number.isFinite(x)) sum += x;
  }
  return sum;
}

/** Solves rows of [a₁ … aₙ | b] by Gauss' elimination with pivoting; null where singular. */
export function eliminate(rows: readonly (readonly number[])[]): number[] | null {
  const m = rows.map((row) => [...row]);
  const n = m.length;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(m[i]![k]!) > Math.abs(m[best]![k]!)) best = i;
    [m[k], m[best]] = [m[best]!, m[k]!];
    const pivot = m[k]![k]!;
    if (!(Math.abs(pivot) > 0)) return null;
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = m[i]![k]! / pivot;
      if (factor !== 0) for (let j = k; j <= n; j++) m[i]![j]! -= factor * m[k]![j]!;
    }
  }
  const found = m.map((row, k) => row[n]! / row[k]!);
  return found.every(Number.isFinite) ? found : null;
}
