/** How each reference is called: by its name; where two are called alike, by its kind and place in the list, too. */
export function labelsOf(references: readonly { readonly name: string; readonly kind: string }[]): readonly string[] {
  const alone = (name: string): boolean => references.filter((other) => other.name === name).length === 1;
  return references.map(({ name, kind }, i) => (alone(name) ? name : `${name} (${kind}, reference ${i + 1})`));
}

/** The first of a list that has one. */
export function nonEmpty<T>([first]: readonly T[]): T {
  if (first === undefined) throw new Error('a list that cannot be empty is');
  return first;
}
