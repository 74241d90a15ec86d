/** Default bound of what one run hands over: 256 MiB. */
export const GROUP_BYTES = 2 ** 28;

/** Splits names, in order, into groups of at most `most` bytes each; a tensor that is larger alone has a group of its own. */
export function groupsOf(names: readonly string[], bytes: (name: string) => number, most: number): string[][] {
  const groups: string[][] = [];
  let current: string[] = [];
  let total = 0;
  for (const name of names) {
    const size = bytes(name);
    if (current.length > 0 && !(total + size <= most)) {
      groups.push(current);
      current = [];
      total = 0;
    }
    current.push(name);
    total += size;
  }
  if (current.length > 0) groups.push(current);
  return groups;
}
