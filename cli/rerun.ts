/** Options that may be given several times, once for each value; the others take all their values at once. */
const REPEATED = new Set(['reference']);

/** The command that gives this report again, quoted for a POSIX shell. */
export function rerunCommand(subject: string, flags: object): string {
  const words = ['layerdiff', 'check'];
  if (subject !== 'configuration') words.push(subject);
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false || (typeof value === 'object' && !Array.isArray(value))) continue;
    const dashed = `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    if (REPEATED.has(name) && Array.isArray(value)) words.push(...value.flatMap((one) => [dashed, String(one)]));
    else if (Array.isArray(value)) words.push(dashed, ...value.map(String));
    else words.push(dashed, ...(value === true ? [] : [String(value)]));
  }
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
