import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createOracle } from '../../harness/oracle/index.ts';
import { sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import type { GradientCase } from '../adapters/onnx/gradients/_case.ts';
import { type CaseRun, openCase } from '../adapters/onnx/gradients/_case-run.ts';

const folder = new URL('../adapters/onnx/gradients/cases/', import.meta.url);
const tables = readdirSync(folder).filter((name) => !name.startsWith('layer-'));
const ALLOWED = { float64: 1e-12, float32: 2e-5 };

/** Forms that the oracle does not differentiate; the central differences prove the rules of these alone. */
const ONLY_RULE: Readonly<Record<string, string>> = {
  'Range, start and delta': 'the oracle takes them for constants',
  'FusedMatMul, A from the batch axis': 'transBatch is not implemented in the oracle',
  'FusedMatMul, B from the batch axis': 'transBatch is not implemented in the oracle',
  'FusedMatMul, all of it': 'transBatch is not implemented in the oracle',
};

const sources = (tensors: ReadonlyMap<string, Tensor>) =>
  new Map([...tensors].map(([name, tensor]) => [name, sourceOf(tensor)]));

function oracleOf(run: CaseRun) {
  const [inputs, gradients] = [sources(run.feeds), sources(run.seeds)];
  return createOracle(run.graph, { inputs, values: new Map(), gradients, loss: null });
}

/** Elements of the rule's gradient that are not the oracle's, by more than the rounding of their type. */
function differences(name: string, measured: Tensor, expected: Float64Array, allowed: number): string[] {
  const scale = 1 + Math.max(0, ...expected.map(Math.abs));
  return [...toNumbers(measured)].flatMap((value, k) => {
    const exact = expected[k] as number;
    const same = Object.is(value, exact) || Math.abs(value - exact) / scale <= allowed;
    return same ? [] : [`${name}[${k}]: ${value} is not ${exact}`];
  });
}

describe('the gradient rules and the oracle, written apart, agree', () => {
  for (const table of tables) {
    it(`on every case of ${table}`, async () => {
      const { cases } = (await import(new URL(table, folder).href)) as { cases: readonly GradientCase[] };
      const wrong: string[] = [];
      for (const one of cases) {
        if (Object.hasOwn(ONLY_RULE, `${one.op}, ${one.name}`)) continue;
        const run = await openCase(one);
        const oracle = oracleOf(run);
        const gradients = await run.backward(run.seeds);
        for (const [name, gradient] of gradients) {
          const reason = oracle.supports(name, 'backward');
          const found =
            reason === null
              ? differences(name, gradient, oracle.gradient(name).r64.data, ALLOWED[run.dtype])
              : [`${name}: ${reason}`];
          wrong.push(...found.map((difference) => `${one.op}, ${one.name}: ${difference}`));
        }
        await run.release();
      }
      expect(wrong).toEqual([]);
    });
  }
});
