/** The command that gives this report again, quoted for a POSIX shell. */
export function rerunCommand(subject: string, flags: object): string {
  const words = ['layerdiff', 'check'];
  if (subject !== 'configuration') words.push(subject);
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined || value === false || (typeof value === 'object' && !Array.isArray(value))) continue;
    const dashed = `--${name.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`;
    words.push(dashed);
    if (Array.isArray(value)) words.push(...value.map(String));
    else if (value !== true) words.push(String(value));
  }
  return words.map(quoted).join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
