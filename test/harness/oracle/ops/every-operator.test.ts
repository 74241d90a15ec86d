import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { operators } from '../../../../harness/oracle/ops/_list.ts';
import { keyOf } from '../../../../harness/oracle/registry.ts';
import { others, unaries } from './_elementwise-cases.ts';
import { moves, scatters } from './_movement-cases.ts';
import { products, reductions, spectra } from './_product-cases.ts';

const here = fileURLToPath(new URL('./', import.meta.url));
const plugins = fileURLToPath(new URL('../../../../harness/oracle/ops/', import.meta.url));

describe('every operator', () => {
  it('has a name of its own', () => {
    const names = operators.map((operator) => keyOf(operator.domain, operator.op));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('with a product has a case that holds it against differences', () => {
    const tables = [unaries, others, moves, scatters, products, reductions, spectra];
    const tried = new Set<string>(tables.flatMap((table) => table.map(([name]) => name)));
    const sources = readdirSync(here)
      .filter((file) => file.endsWith('.test.ts') && file !== 'every-operator.test.ts')
      .map((file) => readFileSync(here + file, 'utf8'));
    // The tests of other families import the operator's own file.
    const imported = (file: string) => sources.some((source) => source.includes(`oracle/ops/${file}'`));
    const fileOf = (op: string) =>
      readdirSync(plugins).filter((file) => readFileSync(plugins + file, 'utf8').includes(`'${op}'`));
    const untried = operators
      .filter((operator) => operator.vjp && !tried.has(keyOf(operator.domain, operator.op)))
      .filter(({ op }) => !fileOf(op).some(imported));
    expect(untried.map((operator) => keyOf(operator.domain, operator.op))).toEqual([]);
  });

  it('either has a product, or says why not, but for those that have a derivative which is not implemented', () => {
    const silent = operators.filter((operator) => !operator.vjp && operator.noDerivative === undefined);
    const sequences = ['ConcatFromSequence', 'SequenceAt', 'SequenceConstruct', 'SequenceErase', 'SequenceInsert'];
    const refused = [...sequences, 'SplitToSequence', 'DynamicQuantizeLinear', 'If', 'Loop', 'Scan'];
    expect(silent.map(({ op }) => op).toSorted()).toEqual(refused.toSorted());
    expect(operators.filter((operator) => operator.vjp && operator.noDerivative !== undefined)).toEqual([]);
  });
});
