import type { JsonNumber } from '../harness/types/report.ts';
import type { Format } from './format.ts';
import { inOrder } from './json/order.ts';

/** The contract: every other format is drawn from it. Keys are in the contract's order, lists of numbers on one line. */
export const json: Format = {
  id: 'json',
  extension: 'json',
  render: (report) => `${write(inOrder(report), '')}\n`,
};

/** Indented by two spaces; a list of numbers stays on its line. */
export function write(value: unknown, indent: string): string {
  if (typeof value === 'number') return JSON.stringify(jsonNumber(value));
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((x) => x === null || typeof x === 'number'))
      return `[${value.map((x) => write(x, '')).join(', ')}]`;
    return block(
      '[',
      ']',
      indent,
      value.map((x) => write(x, inner)),
    );
  }
  const entries = Object.entries(value).filter(([, x]) => x !== undefined);
  return block(
    '{',
    '}',
    indent,
    entries.map(([key, x]) => `${quoted(key)}: ${write(x, inner)}`),
  );
}

function block(open: string, close: string, indent: string, lines: readonly string[]): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}${close}`;
}

/** The same string, with what a terminal would act on or a reader would not see written as its code. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => c.split('').map(code).join(''));
}

function code(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function jsonNumber(x: JsonNumber): JsonNumber {
  return typeof x === 'string' || Number.isFinite(x) ? x : (String(x) as JsonNumber);
}
