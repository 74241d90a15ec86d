/** An element of an XML document: attributes decoded, text of its own decoded and joined. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  text: string;
}

const NAME = '[A-Za-z_][\\w.-]*';
const ATTRIBUTE = new RegExp(`\\s+(${NAME})="([^"<]*)"`, 'y');
/** What XML 1.0 calls a character; anything else is not well-formed, even escaped. */
const FORBIDDEN = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Reads a document of elements, attributes and text, and throws on the first thing that is not well-formed. */
export function parseXml(text: string): XmlElement {
  if (FORBIDDEN.test(text)) throw new Error(`a character that XML cannot hold, at ${text.search(FORBIDDEN)}`);
  let at = text.startsWith('<?xml ') ? text.indexOf('?>') + 2 : 0;
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open: XmlElement[] = [document];
  while (at < text.length) {
    const parent = open.at(-1) as XmlElement;
    if (text.startsWith('</', at)) {
      const end = text.indexOf('>', at);
      const name = text.slice(at + 2, end);
      if (open.length < 2 || parent.name !== name) throw new Error(`</${name}> closes <${parent.name}>`);
      open.pop();
      at = end + 1;
    } else if (text[at] === '<') {
      const { element, end, empty } = startTag(text, at);
      parent.children.push(element);
      if (!empty) open.push(element);
      at = end;
    } else {
      const next = text.indexOf('<', at);
      const end = next < 0 ? text.length : next;
      const run = text.slice(at, end);
      if (run.includes(']]>')) throw new Error('"]]>" in text');
      parent.text += decode(run);
      at = end;
    }
  }
  if (open.length !== 1) throw new Error(`<${open.at(-1)?.name}> is not closed`);
  if (document.children.length !== 1 || document.text.trim() !== '') throw new Error('not exactly one root element');
  return document.children[0] as XmlElement;
}

function startTag(text: string, from: number): { element: XmlElement; end: number; empty: boolean } {
  const start = new RegExp(`<(${NAME})`, 'y');
  start.lastIndex = from;
  const name = start.exec(text)?.[1];
  if (name === undefined) throw new Error(`not a tag: ${text.slice(from, from + 30)}`);
  const attributes: Record<string, string> = {};
  let at = start.lastIndex;
  for (;;) {
    ATTRIBUTE.lastIndex = at;
    const match = ATTRIBUTE.exec(text);
    if (match === null) break;
    const [, key, value] = match as unknown as [string, string, string];
    if (Object.hasOwn(attributes, key)) throw new Error(`attribute ${key} twice`);
    attributes[key] = decode(value);
    at = ATTRIBUTE.lastIndex;
  }
  const close = /\s*(\/?)>/y;
  close.lastIndex = at;
  const ending = close.exec(text);
  if (ending === null) throw new Error(`<${name}> does not end: ${text.slice(at, at + 30)}`);
  return { element: { name, attributes, children: [], text: '' }, end: close.lastIndex, empty: ending[1] === '/' };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text of entities; throws on a bare ampersand and on names that XML does not define. */
export function decode(text: string): string {
  return text.replace(/&(?:#(\d+);|#x([\da-f]+);|(\w+);)?/gi, (all, decimal, hex, name) => {
    if (decimal) return String.fromCodePoint(Number(decimal));
    if (hex) return String.fromCodePoint(Number.parseInt(hex, 16));
    const known = name === undefined ? undefined : ENTITIES[name];
    if (known === undefined) throw new Error(`not an entity: ${all}`);
    return known;
  });
}
