/** The coefficients that bring a sum of columns nearest to a target (normal equations, columns scaled to norm 1), or null where they are dependent. */
export function solve(columns: readonly Float64Array[], target: Float64Array): readonly number[] | null {
  const sizes = columns.map((column) => Math.sqrt(dot(column, column)));
  if (sizes.some((size) => !(size > 0 && Number.isFinite(size)))) return null;
  const n = columns.length;
  const rows = columns.map((a, i) => [
    ...columns.map((b, j) => dot(a, b) / ((sizes[i] as number) * (sizes[j] as number))),
    dot(a, target) / (sizes[i] as number),
  ]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k] as number[];
    if (!(Math.abs(pivot[k] as number) > 1e-10)) return null;
    for (const row of rows) {
      if (row === pivot) continue;
      const share = (row[k] as number) / (pivot[k] as number);
      for (let j = k; j <= n; j++) row[j] = (row[j] as number) - share * (pivot[j] as number);
    }
  }
  return rows.map((row, i) => (row[n] as number) / (row[i] as number) / (sizes[i] as number));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
