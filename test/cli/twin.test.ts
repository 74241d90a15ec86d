import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeSafetensors } from '../../adapters/trace/index.ts';
import { loadReference } from '../../cli/load-reference.ts';
import { run } from '../../cli/run.ts';
import { float32, sourceOf } from '../../harness/tensor.ts';

const [folder, before] = [mkdtempSync(join(tmpdir(), 'layerdiff-')), process.cwd()];
const at = (name: string) => join(folder, name);

beforeAll(() => {
  writeSafetensors(at('inputs.safetensors'), [['x', sourceOf(float32([2, 3], [1, -2, 3, -5, 7, -11]))]]);
  for (const [name, slope] of [
    ['right', 0.5],
    ['wrong', 0.25],
  ] as const) {
    const layers = `[
      { name: 'leaky', op: { type: 'LeakyRelu', attributes: { alpha: 0.5 } }, forward: ({ input }) => input.data.map((x) => (x > 0 ? x : ${slope} * x)) },
      { name: 'loss', op: { type: 'ReduceMean', attributes: { keepdims: 0 } }, forward: ({ input }) => input.data.reduce((a, b) => a + b) / 6 },
    ]`;
    writeFileSync(at(`${name}.mjs`), `export default { name: '${name}', inputs: ['x'], layers: ${layers} };`);
  }
  writeFileSync(at('twin.mjs'), "export default { kind: 'twin', options: {} };");
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

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

describe('reference: twin()', () => {
  it('in a configuration holds each network against its own description', async () => {
    process.chdir(folder);
    writeFileSync(
      at('layerdiff.config.ts'),
      `import { defineConfig, twin } from 'layerdiff';
      export default defineConfig({ subject: ['./right.mjs', './wrong.mjs'], reference: twin(), inputs: 'inputs.safetensors' });`,
    );
    const { code, out } = await layerdiff('check', '--json');
    const reports = JSON.parse(out) as { outcome: string; rerun: string; forward: { faulty: { layer: string }[] } }[];
    expect([code, ...reports.map(({ outcome }) => outcome)]).toEqual([1, 'match', 'mismatch']);
    expect(reports[1]?.forward.faulty.map(({ layer }) => layer)).toEqual(['leaky']);
    expect(reports[1]?.rerun).toBe('layerdiff check');
  });

  it('in a module, as --reference', async () => {
    const flags = ['--reference', at('twin.mjs'), '--inputs', at('inputs.safetensors'), '--json'];
    expect((await layerdiff('check', at('right.mjs'), ...flags)).code).toBe(0);
    expect((await layerdiff('check', at('wrong.mjs'), ...flags)).code).toBe(1);
    await expect(loadReference(at('twin.mjs'))).rejects.toThrow(/E_OPTION.*twin of a subject/);
  });

  it('needs inputs, and says so', async () => {
    const { code, err } = await layerdiff('check', at('right.mjs'), '--reference', at('twin.mjs'));
    expect([code, err]).toEqual([2, expect.stringMatching(/E_INPUT.*"x"/)]);
  });
});
