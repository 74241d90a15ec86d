import type { Aligner, AlignerContext, Match } from '../types/aligner.ts';

/** The same name on both sides. */
export const exactName: Aligner = {
  id: 'name',
  align({ mine, theirs }: AlignerContext): readonly Match[] {
    const open = new Set(theirs);
    return mine
      .filter((name) => open.has(name))
      .map((name) => ({ mine: name, theirs: name, why: 'same name', confidence: 1 }));
  },
};

/** The same name but for case, punctuation and the marks that exporters add; only where it is unique on both sides. Never a substring: conv1 is not conv10. */
export const normalisedName: Aligner = {
  id: 'normalised-name',
  align({ mine, theirs }: AlignerContext): readonly Match[] {
    const ours = byKey(mine);
    const others = byKey(theirs);
    const matches: Match[] = [];
    for (const [key, names] of ours) {
      const partners = others.get(key);
      if (key === '' || names.length !== 1 || partners?.length !== 1) continue;
      matches.push({
        mine: names[0] as string,
        theirs: partners[0] as string,
        why: `same name but for case and punctuation ("${key}")`,
        confidence: 0.95,
      });
    }
    return matches;
  },
};

function byKey(names: readonly string[]): Map<string, string[]> {
  const keys = new Map<string, string[]>();
  for (const name of names) {
    const key = normalise(name);
    const known = keys.get(key);
    if (known === undefined) keys.set(key, [name]);
    else known.push(name);
  }
  return keys;
}

/** Lower case, words joined by one dot, without the `_output_0` and the leading `net`/`model`/`module` of exporters. */
export function normalise(name: string): string {
  return name
    .toLowerCase()
    .replace(/_output_0$/, '')
    .replace(/[^a-z0-9]+/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .replace(/^(?:net|model|module|self)\./, '');
}
