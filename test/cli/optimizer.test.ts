/** Lines A7 (an error only in the second step) and A28 (Adam with another epsilon) of what a comparator must get right, by the command line. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { encodeModel } from '../../adapters/onnx/index.ts';
import { openTrace, writeTrace } from '../../adapters/trace/index.ts';
import { run } from '../../cli/run.ts';
import type { Report } from '../../harness/types/report.ts';
import type { Bench } from '../support/bench.ts';
import { network, type Recording, type Step, trained, withStep } from '../support/training.ts';

const folder = mkdtempSync(join(tmpdir(), 'layerdiff-'));
afterAll(() => rmSync(folder, { recursive: true }));
const model = join(folder, 'model.onnx');
let bench: Bench;
beforeAll(async () => {
  bench = await trained();
  writeFileSync(model, encodeModel(network(), { inline: () => true }));
});

/** Runs the command line: its exit code, and what it wrote. */
async function layerdiff(...args: string[]) {
  const written = { out: '', err: '' };
  const out = jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((written.out += String(text)), true));
  const err = jest.spyOn(process.stderr, 'write').mockImplementation((text) => ((written.err += String(text)), true));
  try {
    return { code: await run(args), ...written };
  } finally {
    out.mockRestore();
    err.mockRestore();
  }
}

const SLOTS = ['exp_avg', 'exp_avg_sq'] as const;
const DECLARED = { algorithm: 'adam', learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

const adam =
  (epsilon: number): Step =>
  ({ w, g, m, v, t }) => {
    const [m1, v1] = [0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g];
    return { m: m1, v: v1, w: w - (0.001 * (m1 / (1 - 0.9 ** t))) / (Math.sqrt(v1 / (1 - 0.999 ** t)) + epsilon) };
  };

/** Resets its state before the second step. */
const forgetful: Step = (e) => adam(1e-8)(e.t === 2 ? { ...e, m: 0, v: 0, t: 1 } : e);

function recorded(name: string, step: Step, recording: Partial<Recording>): string {
  const path = join(folder, `${name}.safetensors`);
  writeTrace(path, withStep(bench, step, { iteration: 0, slots: SLOTS, ...recording }));
  return path;
}

const check = async (path: string, ...more: string[]): Promise<{ code: number; report: Report }> => {
  const { code, out } = await layerdiff('check', path, '--reference', model, '--json', ...more);
  return { code, report: JSON.parse(out) as Report };
};

describe('A28: Adam with epsilon 1e-7 for 1e-8', () => {
  it('fails on what was done to the weights, and the diagnosis says which epsilon', async () => {
    const { code, report } = await check(recorded('a28', adam(1e-7), { optimizer: DECLARED }));
    expect(code).toBe(1);
    const [site] = report.backward.faulty;
    expect(site).toMatchObject({ direction: 'update', cause: { id: 'optimizer.epsilon' } });
    expect(site?.cause?.claim).toContain('epsilon is 1e-7, not 1e-8');
    expect(report.tensors.every(({ verdict }) => verdict !== 'mismatch')).toBe(true);
  });
  it('passes with the declared epsilon, wherever it is declared', async () => {
    expect((await check(recorded('right', adam(1e-8), { optimizer: DECLARED }))).code).toBe(0);
    const bare = recorded('bare', adam(1e-7), {});
    expect((await check(bare, '--optimizer', 'adam,learningRate=0.001,epsilon=1e-7')).code).toBe(0);
    expect((await check(bare, '--optimizer', JSON.stringify(DECLARED))).code).toBe(1);
  });
  it('without a declaration is inferred, and the report says that a wrong constant cannot show', async () => {
    const { code, report } = await check(recorded('inferred', adam(1e-7), {}));
    expect(code).toBe(0);
    expect(report.updates?.every(({ inferred, optimizer }) => inferred && optimizer?.includes('1e-7'))).toBe(true);
    expect(report.notes.join(' ')).toContain('inferred from the numbers, so that a wrong constant cannot show');
  });
  it('is told to a person: the optimiser’s own section, the claim and the fix', async () => {
    const path = recorded('told', adam(1e-7), { optimizer: DECLARED });
    const { code, out } = await layerdiff('check', path, '--reference', model);
    expect(code).toBe(1);
    expect(out).toContain('Optimiser: ');
    expect(out).toContain('update of ');
    expect(out).toMatch(/× what is allowed/);
    expect(out).toContain('Use epsilon 1e-8.');
  });
});

describe('A7: an error only in the second step', () => {
  it('matches at the first, and at the second the state is named', async () => {
    const first = recorded('step1', forgetful, { optimizer: DECLARED, iteration: 0 });
    const second = recorded('step2', forgetful, { optimizer: DECLARED, iteration: 1 });
    expect((await check(first)).code).toBe(0);
    const { code, report } = await check(second);
    expect(code).toBe(1);
    const updates = report.backward.faulty.filter(({ direction }) => direction === 'update');
    expect(updates.map(({ tensor }) => tensor)).toEqual(['w1', 'b1', 'w2', 'b2']);
    expect(new Set(updates.map(({ cause }) => cause?.id))).toEqual(new Set(['optimizer.state-shared']));
    expect(report.forward.faulty).toEqual([]);
  });
});

describe('a trace', () => {
  it('keeps what it says of the optimiser when it is written and read', () => {
    const path = recorded('kept', adam(1e-8), { optimizer: DECLARED });
    expect(JSON.parse(String(openTrace(path).metadata.optimizer))).toEqual(DECLARED);
  });
  it('that misspells a setting is refused by name, before anything runs', async () => {
    const { code, err } = await layerdiff(
      'check',
      recorded('bad', adam(1e-8), { optimizer: { ...DECLARED, epsilom: 1 } }),
      '--reference',
      model,
    );
    expect(code).toBe(2);
    expect(err).toContain('epsilon');
  });
});

describe('an optimiser that is declared beside a trace without updates', () => {
  const bare = () => {
    const path = join(folder, 'bare.safetensors');
    writeTrace(path, bench.trace);
    return path;
  };
  it('is noted as not judged', async () => {
    const { report } = await check(bare(), '--optimizer', 'adam,learningRate=0.001');
    expect(report.notes).toContainEqual(expect.stringContaining('recorded no update'));
  });
  it('is refused all the same where a setting is misspelt', async () => {
    const { code, err } = await layerdiff('check', bare(), '--reference', model, '--optimizer', 'adam,lr=0.1,foo=3');
    expect([code, err]).toEqual([2, expect.stringMatching(/^error {2}E_OPTION {2}option optimizer: .*foo/)]);
  });
});
