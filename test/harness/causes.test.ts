import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { causeFamilies, causeOf, causes } from '../../harness/causes/index.ts';
import { mutants } from '../../models/mutants/_list.ts';

const root = join(import.meta.dirname, '../..');
const shared = join(root, '../shared/causes.md');

/** Causes that a source file gives, by the literal after `cause:` or `id:`. */
function given(folder: string, key: string): readonly string[] {
  const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(root, folder, file), 'utf8');
    return [...text.matchAll(new RegExp(`\\b${key}: '(\\w+\\.[\\w-]+)'`, 'g'))].map((match) => match[1] as string);
  });
}

describe('the causes', () => {
  it('have each an id of its own, and every family file is on the list', () => {
    expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
    const files = readdirSync(join(root, 'harness/causes')).filter((file) => !/^(_|index)/.test(file));
    expect(causeFamilies.length).toBe(files.length);
  });

  it('say in a sentence each what is seen, how it is proven, and what to change', () => {
    for (const { id, symptom, proof, fix, what } of causes) {
      expect([id, what.length > 3]).toEqual([id, true]);
      for (const text of [symptom, proof, fix])
        expect([id, text]).toEqual([id, expect.stringMatching(/^\S.{8,}[.:]$/)]);
    }
  });

  it('name threads by owner, repository and number', () => {
    for (const thread of causes.flatMap(({ seenIn }) => seenIn ?? [])) expect(thread).toMatch(/^[\w.-]+\/[\w.-]+#\d+$/);
  });

  it('are known for whatever a rule, a run or a mutant names', () => {
    const named = [
      ...given('harness/rules', 'cause'),
      ...given('harness/run', 'id'),
      ...mutants.map(({ cause }) => cause),
    ];
    expect(named.length).toBeGreaterThan(100);
    const known = new Set(causes.map(({ id }) => id));
    expect(named.filter((id) => !known.has(id))).toEqual([]);
  });

  it('of the optimiser are proven on recorded updates', () => {
    const optimiser = causes.filter(({ where }) => where === 'optimiser');
    expect(optimiser.length).toBe(11);
    for (const { proof } of optimiser) expect(proof).toMatch(/^On the recorded update \(after − before\): /);
  });

  it('are found by id, and a misspelt one names its neighbour', () => {
    expect(causeOf('norm.epsilon').where).toBe('norm');
    expect(() => causeOf('norm.epsilom')).toThrow(/E_OPTION {2}norm\.epsilom.*Did you mean "norm\.epsilon"\?/);
    expect(() => causeOf('epsilon')).toThrow(/Did you mean "norm\.epsilon"\?/);
    expect(() => causeOf('bad weather')).toThrow(/there is no such cause\. "layerdiff explain" lists all/);
  });
});

(existsSync(shared) ? describe : describe.skip)('the causes beside the contract', () => {
  it('are its rows, word for word', () => {
    const rows = [...readFileSync(shared, 'utf8').matchAll(/^\| ([^|]+) \| `([^`]+)` \| (.+) \|$/gm)];
    expect(rows.length).toBe(117);
    const ours = causes.map(({ where, id, what }) => [id, where, what]).toSorted();
    expect(ours).toEqual(rows.map(([, where, id, what]) => [id, where, what]).toSorted());
  });
});
