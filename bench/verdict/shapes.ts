export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** For each of `size` places, the indices that read it. */
export function grouped(index: readonly number[], size: number): number[][] {
  const readers: number[][] = Array.from({ length: size }, () => []);
  index.forEach((from, i) => readers[from]!.push(i));
  return readers;
}

/** numpy's broadcasting. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => Math.max(a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1));
}

export function offsets(from: readonly number[], to: readonly number[]): number[] {
  const strides = from.map((size, axis) => (size === 1 ? 0 : sizeOf(from.slice(axis + 1))));
  const lead = to.length - from.length;
  return Array.from({ length: sizeOf(to) }, (_, i) => {
    let rest = i;
    let offset = 0;
    for (let axis = to.length - 1; axis >= lead; axis--) {
      offset += (rest % to[axis]!) * strides[axis - lead]!;
      rest = Math.floor(rest / to[axis]!);
    }
    return offset;
  });
}
