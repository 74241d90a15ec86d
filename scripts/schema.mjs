// Writes reports/report.schema.json, the JSON Schema (2020-12) of the report, from the types in harness/types/report.ts.
// TypeScript 7 offers no compiler to scripts, so this reads the few forms that those types use, and refuses any other.
// usage: node scripts/schema.mjs [--check]     --check fails, and writes nothing, where the schema is not up to date
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const SOURCE = 'harness/types/report.ts';
const TARGET = 'reports/report.schema.json';

/** Every exported type of a file by name: how to read its body (only on demand: files hold forms that no report uses) and the comment above it. */
function declarations(path) {
  const text = readFileSync(path, 'utf8');
  const found = new Map();
  const imports = new Map();
  for (const [, names, from] of text.matchAll(/^import type \{([^}]+)\} from '([^']+)';/gm)) {
    for (const name of names.split(',').map((n) => n.trim())) if (name) imports.set(name, join(dirname(path), from));
  }
  const head = /(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*)?^export (?:interface (\w+)|type (\w+) =)/gm;
  for (const match of text.matchAll(head)) {
    const body = text.slice(match.index + match[0].length);
    found.set(match[2] ?? match[3], { read: () => union(readerOf(body)), comment: commentText(match[1]) });
  }
  return { found, imports };
}

const TOKEN = /\s*(?:\/\*\*((?:(?!\*\/)[\s\S])*)\*\/|\/\/[^\n]*|('(?:[^'\\]|\\.)*')|(\w+)|(\[\]|[{}[\]()|;:?,&<>]))/y;

/** Tokens one by one; the last comment passed is kept for the key that follows. */
function readerOf(text) {
  let at = 0;
  let comment;
  const scan = () => {
    for (;;) {
      TOKEN.lastIndex = at;
      const match = TOKEN.exec(text);
      if (match === null) return { token: undefined, end: at };
      const token = match[2] ?? match[3] ?? match[4];
      if (token !== undefined) return { token, end: TOKEN.lastIndex };
      if (match[1] !== undefined) comment = commentText(match[1]);
      at = TOKEN.lastIndex;
    }
  };
  return {
    peek: () => scan().token,
    next: () => {
      const { token, end } = scan();
      at = end;
      return token;
    },
    take: () => {
      const taken = comment;
      comment = undefined;
      return taken;
    },
  };
}

function commentText(comment) {
  return (
    comment
      ?.replace(/^\s*\*? ?/gm, '')
      .replace(/\s*\n\s*/g, ' ')
      .trim() || undefined
  );
}

function expect(reader, token) {
  const found = reader.next();
  if (found !== token) throw new Error(`${SOURCE}: "${token}" expected, "${found}" found`);
}

/** type := part ("|" part)* */
function union(reader) {
  if (reader.peek() === '|') reader.next();
  const parts = [part(reader)];
  while (reader.peek() === '|') {
    reader.next();
    parts.push(part(reader));
  }
  return parts.length === 1 ? parts[0] : { kind: 'union', parts };
}

/** part := ["readonly"] one ("[]")* */
function part(reader) {
  if (reader.peek() === 'readonly') reader.next();
  let type = one(reader);
  while (reader.peek() === '[]') {
    reader.next();
    type = { kind: 'list', of: type };
  }
  return type;
}

function one(reader) {
  const token = reader.next();
  if (token === '{') return object(reader);
  if (token === '[') return tuple(reader);
  if (token === '(') {
    const inner = union(reader);
    expect(reader, ')');
    return inner;
  }
  if (token?.startsWith("'")) return { kind: 'literal', value: token.slice(1, -1) };
  if (/^\d+$/.test(token ?? '')) return { kind: 'literal', value: Number(token) };
  if (/^\w+$/.test(token ?? '')) return { kind: 'name', name: token };
  throw new Error(`${SOURCE}: cannot read a type that starts with "${token}"`);
}

function tuple(reader) {
  const parts = [];
  while (reader.peek() !== ']') {
    parts.push(union(reader));
    if (reader.peek() === ',') reader.next();
  }
  reader.next();
  return { kind: 'tuple', parts };
}

function object(reader) {
  const keys = [];
  while (reader.peek() !== '}') {
    const comment = reader.take();
    if (reader.peek() === 'readonly') reader.next();
    const name = reader.next();
    const optional = reader.peek() === '?';
    if (optional) reader.next();
    expect(reader, ':');
    keys.push({ name, optional, comment, type: union(reader) });
    if (reader.peek() !== '}') expect(reader, ';');
  }
  reader.next();
  return { kind: 'object', keys };
}

/** The schema of a parsed type; named types are looked up, and kept in `defs`. */
function schemaOf(type, find, defs) {
  const inner = (t) => schemaOf(t, find, defs);
  switch (type.kind) {
    case 'literal':
      return { const: type.value };
    case 'list':
      return { type: 'array', items: inner(type.of) };
    case 'tuple':
      return { type: 'array', prefixItems: type.parts.map(inner), items: false, minItems: type.parts.length };
    case 'object':
      return {
        type: 'object',
        properties: Object.fromEntries(
          type.keys.map((k) => [k.name, { ...inner(k.type), ...(k.comment ? { description: k.comment } : {}) }]),
        ),
        required: type.keys.filter((k) => !k.optional).map((k) => k.name),
      };
    case 'union': {
      const parts = type.parts.map(inner);
      return parts.every((p) => 'const' in p) ? { enum: parts.map((p) => p.const) } : { anyOf: merged(parts) };
    }
    case 'name':
      return named(type.name, find, defs);
  }
  throw new Error(`${SOURCE}: unknown form ${type.kind}`);
}

/** Several literals of one union are one enumeration. */
function merged(parts) {
  const literals = parts.filter((p) => 'const' in p).map((p) => p.const);
  return [...parts.filter((p) => !('const' in p)), ...(literals.length ? [{ enum: literals }] : [])];
}

function named(name, find, defs) {
  if (['number', 'string', 'boolean', 'null'].includes(name)) return { type: name };
  if (!(name in defs)) {
    const { read, comment } = find(name);
    defs[name] = {};
    defs[name] = { ...schemaOf(read(), find, defs), ...(comment ? { description: comment } : {}) };
  }
  return { $ref: `#/$defs/${name}` };
}

/** The schema as text. */
function schemaText() {
  const files = new Map();
  const load = (path) => files.get(path) ?? files.set(path, declarations(path)).get(path);
  const find = (name) => {
    const main = load(join(root, SOURCE));
    const declared = main.found.get(name) ?? load(main.imports.get(name) ?? join(root, SOURCE)).found.get(name);
    if (declared === undefined) throw new Error(`${SOURCE}: the type ${name} is not declared or imported there`);
    return declared;
  };
  const defs = {};
  named('Report', find, defs);
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'layerdiff report',
    $comment:
      'Written by scripts/schema.mjs from harness/types/report.ts: do not edit. Fields may be added, none is renamed.',
    $ref: '#/$defs/Report',
    $defs: defs,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const text = schemaText();
const target = join(root, TARGET);
const current = existsSync(target) && readFileSync(target, 'utf8') === text;
if (process.argv.includes('--check')) {
  if (!current) console.error(`${TARGET} is not up to date: run "node scripts/schema.mjs"`);
  process.exit(current ? 0 : 1);
}
if (!current) writeFileSync(target, text);
