import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { JsonNumber, Report } from '../../harness/types/report.ts';
import { json } from '../../reports/json.ts';
import { type Schema, violations } from '../support/json-schema.ts';
import { forwardCause, nan, samples } from '../support/samples.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const schema = JSON.parse(read('reports/report.schema.json')) as Schema;
const script = (name: string) =>
  execFileSync(process.execPath, [new URL(`scripts/${name}`, root).pathname, '--check'], {
    encoding: 'utf8',
    stdio: 'pipe',
  });

describe('the JSON report', () => {
  it.each(Object.entries(samples))('holds to the schema: %s', (_, make) => {
    expect(violations(schema, JSON.parse(json.render(make())))).toEqual([]);
  });

  it.each(Object.entries(samples))('gives back what went in: %s', (_, make) => {
    expect(JSON.parse(json.render(make()))).toEqual(make());
  });

  it.each(Object.entries(samples))('is the file in the gallery: %s', (name, make) => {
    expect(read(`reports/samples/${name}.json`)).toBe(json.render(make()));
  });

  it('has no file in the gallery that no sample gives', () => {
    const files = readdirSync(new URL('reports/samples/', root)).filter((file) => file.endsWith('.json'));
    expect(files.toSorted()).toEqual(
      Object.keys(samples)
        .map((name) => `${name}.json`)
        .toSorted(),
    );
  });

  it('has its keys in the contract’s order, whatever order they were made in', () => {
    const report = { votes: samples['votes']?.().votes, ...samples['updates']?.() } as Report;
    const reversed = JSON.parse(JSON.stringify(report), (_, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).toReversed())
        : value,
    ) as Report;
    expect(Object.keys(reversed)).toEqual(Object.keys(report).toReversed());
    expect(json.render(reversed)).toBe(json.render(report));
    expect(Object.keys(JSON.parse(json.render(reversed)) as object)).toEqual(
      Object.keys(schema.$defs?.['Report']?.properties ?? {}),
    );
  });

  it('writes numbers that JSON cannot hold as strings, even where a check forgot to', () => {
    const report = forwardCause();
    const [row] = report.tensors;
    const careless = { ...row?.local, rms: Number.NaN as JsonNumber, maxAbs: Number.POSITIVE_INFINITY as JsonNumber };
    const text = json.render({ ...report, tensors: [{ ...row, local: careless } as Report['tensors'][number]] });
    expect(text).toContain('"rms": "NaN"');
    expect(text).toContain('"maxAbs": "Infinity"');
    expect(violations(schema, JSON.parse(text))).toEqual([]);
  });

  it('is indented by two spaces, with lists of numbers on one line', () => {
    const lines = json.render(nan()).split('\n');
    expect(lines[1]).toBe('  "format": "layerdiff-report",');
    expect(lines.filter((line) => line.includes('"cells"')).every((line) => /\[.*\]/.test(line))).toBe(true);
  });
});

describe('the schema', () => {
  it('is what the types say', () => {
    expect(script('schema.mjs')).toBe('');
  });

  it('has every key of every form in some sample, so that no form goes untested', () => {
    const used = new Set<string>();
    for (const make of Object.values(samples)) violations(schema, JSON.parse(json.render(make())), used);
    const all = Object.entries(schema.$defs ?? {}).flatMap(([name, form]) =>
      Object.keys(form.properties ?? {}).map((key) => `${name}.${key}`),
    );
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((key) => !used.has(key))).toEqual([]);
  });

  it('has every verdict, outcome, band and direction in some sample', () => {
    const used = new Set<string>();
    for (const make of Object.values(samples)) violations(schema, JSON.parse(json.render(make())), used);
    const all = ['Verdict', 'Outcome', 'Band', 'Direction'].flatMap((name) =>
      (schema.$defs?.[name]?.enum ?? []).map((value) => `${name}=${String(value)}`),
    );
    expect(all).toHaveLength(14);
    expect(all.filter((value) => !used.has(value))).toEqual([]);
  });

  it.each([
    ['a key too few', (r: Record<string, unknown>) => delete r['rerun']],
    ['a key too many', (r: Record<string, unknown>) => Object.assign(r, { extra: 1 })],
    ['another outcome', (r: Record<string, unknown>) => Object.assign(r, { outcome: 'passed' })],
    ['a number for a name', (r: Record<string, unknown>) => Object.assign(r, { notes: [1] })],
    ['null for findings', (r: Record<string, unknown>) => Object.assign(r, { forward: null })],
  ])('refuses %s', (_, spoil) => {
    const report = JSON.parse(json.render(forwardCause())) as Record<string, unknown>;
    spoil(report);
    expect(violations(schema, report)).toHaveLength(1);
  });
});
