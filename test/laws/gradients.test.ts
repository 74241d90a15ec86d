import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { gradientRules } from '../../adapters/onnx/gradients/_list.ts';

const folder = new URL('../adapters/onnx/gradients/', import.meta.url);
const nameOf = (rule: { readonly op: string; readonly domain?: string }): string => `${rule.domain ?? ''}:${rule.op}`;

/** Operators of every case table: whatever the tables export that has an `op`. */
async function provenOperators(): Promise<Set<string>> {
  const proven = new Set<string>();
  for (const file of readdirSync(new URL('cases/', folder)).filter((name) => name.endsWith('.ts'))) {
    const table = (await import(new URL(`cases/${file}`, folder).href)) as Record<string, unknown>;
    for (const value of Object.values(table).flat() as { op?: unknown; domain?: string }[]) {
      if (typeof value?.op === 'string') proven.add(nameOf(value as { op: string; domain?: string }));
    }
  }
  return proven;
}

describe('laws of gradient rules', () => {
  it('every operator with a rule is proven by a case', async () => {
    const proven = await provenOperators();
    const unproven = gradientRules.filter((rule) => 'gradient' in rule && !proven.has(nameOf(rule)));
    expect(unproven.map(nameOf)).toEqual([]);
  });

  it('every case belongs to an operator with a rule', async () => {
    const ruled = new Set(gradientRules.filter((rule) => 'gradient' in rule).map(nameOf));
    expect([...(await provenOperators())].filter((name) => !ruled.has(name))).toEqual([]);
  });

  it('every table of cases is run by a test', () => {
    const tests = readdirSync(folder).filter((name) => name.endsWith('.test.ts'));
    const text = tests.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
    const tables = readdirSync(new URL('cases/', folder)).filter((name) => !name.startsWith('_'));
    expect(tables.filter((name) => !text.includes(`./cases/${name}'`))).toEqual([]);
  });

  it('no operator has two rules', () => {
    const names = gradientRules.map(nameOf);
    expect(names.filter((name, k) => names.indexOf(name) !== k)).toEqual([]);
  });

  it('every operator without a derivative says why', () => {
    const silent = gradientRules.filter((rule) => 'noGradient' in rule && !(rule.noGradient.length >= 20));
    expect(silent.map(nameOf)).toEqual([]);
  });
});
