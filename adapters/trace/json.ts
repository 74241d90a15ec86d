/**
 * The first key that occurs twice in one object of a JSON text, or null. `JSON.parse` keeps the last of the two without
 * a word, which would drop a tensor. The text must already have been parsed without an error.
 */
export function duplicateKey(text: string): string | null {
  // One set of keys for each object that is open; null for each array.
  const open: (Set<string> | null)[] = [];
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '"') {
      const end = endOfString(text, i);
      const keys = open[open.length - 1];
      if (expectsKey && keys) {
        const key = JSON.parse(text.slice(i, end + 1)) as string;
        if (keys.has(key)) return key;
        keys.add(key);
      }
      expectsKey = false;
      i = end;
    } else if (character === '{') {
      open.push(new Set());
      expectsKey = true;
    } else if (character === '[') {
      open.push(null);
      expectsKey = false;
    } else if (character === '}' || character === ']') open.pop();
    else if (character === ',') expectsKey = open[open.length - 1] !== null;
  }
  return null;
}

/** Position of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  while (text[i] !== '"') i += text[i] === '\\' ? 2 : 1;
  return i;
}
