/** A test for names: `*` is any run of characters, `?` any one. Everything else is itself. */
export function globTest(glob: string): (name: string) => boolean {
  const pattern = [...glob].map((c) =>
    c === '*' ? '[\\s\\S]*' : c === '?' ? '[\\s\\S]' : c.replace(/[\\^$.|+()[\]{}]/g, '\\$&'),
  );
  const whole = new RegExp(`^${pattern.join('')}$`);
  return (name) => whole.test(name);
}
