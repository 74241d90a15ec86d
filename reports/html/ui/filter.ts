import type { PageRow } from '../pack.ts';

export type Filter = (row: PageRow) => boolean;

/**
 * What is typed into the filter: words that must all be found in layer, operator or tensor; `op:Conv`, `layer:block3`, `tensor:weight`,
 * `is:mismatch`, `to:backward` for one field; `err>10`, `err<1` for the error over what is allowed. A leading `-` turns a word round.
 */
export function parseFilter(text: string): Filter {
  const filters = text.toLowerCase().split(/\s+/).filter(Boolean).map(wordFilter);
  return (row) => filters.every((filter) => filter(row));
}

function wordFilter(word: string): Filter {
  if (word.startsWith('-') && word.length > 1) {
    const inner = wordFilter(word.slice(1));
    return (row) => !inner(row);
  }
  const error = /^err([<>])(.+)$/.exec(word);
  if (error && Number.isFinite(Number(error[2]))) return errorFilter(error[1] === '>', Number(error[2]));
  const [, field, value] = /^(\w+):(.*)$/.exec(word) ?? [];
  const read = field === undefined ? undefined : FIELDS.get(field);
  if (read !== undefined && value !== undefined) return (row) => read(row).toLowerCase().includes(value);
  return (row) => [row.layer, row.op, row.tensor].some((name) => name.toLowerCase().includes(word));
}

const FIELDS: ReadonlyMap<string, (row: PageRow) => string> = new Map([
  ['op', (row) => row.op],
  ['layer', (row) => row.layer],
  ['tensor', (row) => row.tensor],
  ['is', (row) => `${row.verdict} ${row.band ?? ''}`],
  ['to', (row) => row.direction],
]);

/** NaN counts as above every bound. */
function errorFilter(above: boolean, bound: number): Filter {
  return (row) => {
    const times = row.times ?? row.timesChained;
    if (times === null) return false;
    return above ? !(Number(times) <= bound) : Number(times) < bound;
  };
}
