/**
 * What could hide or turn a name: control and format characters (new lines, terminal escapes, right-to-left overrides,
 * zero-width ones), halves of pairs, and what XML cannot hold.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A name from outside, on one line and with nothing hidden in it: `a\n::error` becomes `a\\n::error`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, (c) => NAMED[c] ?? `\\u{${(c.codePointAt(0) as number).toString(16)}}`);
}

/** At most `limit` characters: the middle goes, as names differ at their ends. */
export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text];
  if (characters.length <= limit) return text;
  const head = Math.ceil((limit - 1) * 0.4);
  const tail = Math.max(0, limit - 1 - head);
  return `${characters.slice(0, head).join('')}…${characters.slice(characters.length - tail).join('')}`;
}

/** The last characters of a name, where only a few fit. */
export function tailOf(text: string, limit: number): string {
  const characters = [...text];
  return characters.length <= limit ? text : `…${characters.slice(1 - limit).join('')}`;
}

/** What all names begin with, up to a `/` or `.`: `/net/` of `/net/conv1` and `/net/conv2`. */
export function commonPath(names: readonly string[]): string {
  const [first = '', ...rest] = names;
  let length = rest.length === 0 ? 0 : first.length;
  for (const name of rest) {
    while (!name.startsWith(first.slice(0, length))) length--;
  }
  const prefix = first.slice(0, length);
  return prefix.slice(0, Math.max(prefix.lastIndexOf('/'), prefix.lastIndexOf('.')) + 1);
}

/** The longest name that is written in full. */
export const NAME_LIMIT = 300;

/** A name as it is written everywhere: visible, of bounded length, and there even where it is empty. */
export function nameText(name: string): string {
  return name === '' ? '(no name)' : shorten(visible(name), NAME_LIMIT);
}

/** Prose from outside (a claim, a note): on one line, visible, and long enough for any honest sentence. */
export function proseText(text: string): string {
  return shorten(visible(text.replace(/\s*[\r\n]\s*/g, ' ')), 2000);
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For text and attributes of XML and HTML; the text must be {@link visible} already, as XML cannot hold control characters. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (c) => ENTITIES[c] as string);
}

/** Columns that a text takes in a terminal: two for East Asian wide characters and pictographs, none for combining marks. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const c of text) columns += WIDE.test(c) ? 2 : MARK.test(c) ? 0 : 1;
  return columns;
}
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/u;
const MARK = /\p{Mn}|\p{Me}/u;

/** Breaks at spaces so that no line is wider than `width`, except words that are. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && columnsOf(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  lines.push(line);
  return lines;
}
