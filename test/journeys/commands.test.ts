import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { inputs, layerdiff, model, scratch, trace } from '../support/cli.ts';

const MLP = model('mlp-digits');
const CLEAN = trace('mlp-digits.clean');
const BUGGY = trace('mlp-digits.bias.missing.net_fc2_Gemm');

describe('layerdiff with a configuration', () => {
  const config = { subject: CLEAN, reference: MLP, report: ['terminal', 'json'], out: 'found' };
  it.each([
    ['json', JSON.stringify(config)],
    ['mjs', `export default ${JSON.stringify(config)};`],
    [
      'ts',
      `import { defineConfig } from 'layerdiff';\nconst subject: string = ${JSON.stringify(CLEAN)};\nexport default defineConfig({ ...${JSON.stringify(config)}, subject });`,
    ],
  ])('finds layerdiff.config.%s from a folder below, and takes its paths from where it lies', async (ending, text) => {
    const root = scratch();
    mkdirSync(join(root, 'deep/down'), { recursive: true });
    writeFileSync(join(root, `layerdiff.config.${ending}`), text);
    const { status, stdout, stderr } = await layerdiff(['check'], { cwd: join(root, 'deep/down') });
    expect(stdout).toMatch(/^✓ match/);
    expect(existsSync(join(root, 'found/trace.json'))).toBe(true);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('lets options win over the configuration', async () => {
    const cwd = scratch();
    writeFileSync(join(cwd, 'layerdiff.config.json'), JSON.stringify({ ...config, out: 'a' }));
    await layerdiff(['check', '--out', 'b'], { cwd });
    expect([existsSync(join(cwd, 'a')), existsSync(join(cwd, 'b/trace.json'))]).toEqual([false, true]);
  });

  it.each([
    ['an unknown key', { subjekt: CLEAN, reference: MLP }, 'Did you mean "subject"?'],
    ['a key of the wrong type', { subject: CLEAN, reference: 3 }, 'wrong type'],
    ['no subject', { reference: MLP }, 'names no subject'],
  ])('refuses %s', async (_, found, says) => {
    const cwd = scratch();
    writeFileSync(join(cwd, 'layerdiff.config.json'), JSON.stringify(found));
    const { status, stdout, stderr } = await layerdiff(['check'], { cwd });
    expect(stderr).toContain(says);
    expect([status, stdout]).toEqual([2, '']);
  });
});

describe('layerdiff init', () => {
  it('writes an example that matches, a first bug in it is found, and nothing is overwritten', async () => {
    const cwd = scratch();
    const made = await layerdiff(['init'], { cwd });
    expect([made.status, made.stderr]).toEqual([0, '']);
    const first = await layerdiff(['check'], { cwd });
    expect(first.stdout).toMatch(/^✓ match/);
    expect([first.status, first.stderr]).toEqual([0, '']);
    const network = join(cwd, 'layerdiff-example/network.ts');
    writeFileSync(network, readFileSync(network, 'utf8').replace('= b[o];', '= 0;'));
    const broken = await layerdiff(['check'], { cwd });
    expect(broken.stdout).toContain('fc1');
    expect(broken.status).toBe(1);
    const again = await layerdiff(['init'], { cwd });
    expect(again.stderr).toContain('nothing is overwritten');
    expect([again.status, again.stdout]).toEqual([2, '']);
    expect(readFileSync(network, 'utf8')).toContain('= 0;');
  });

  it('writes nothing with --dry-run', async () => {
    const cwd = scratch();
    const { stdout } = await layerdiff(['init', '--dry-run'], { cwd });
    expect(stdout).toContain('would write layerdiff.config.ts');
    expect(existsSync(join(cwd, 'layerdiff.config.ts'))).toBe(false);
  });
});

describe('layerdiff record', () => {
  it.each(['safetensors', 'npz'])('writes a trace (%s) that matches its own model, value for value', async (ending) => {
    const cwd = scratch();
    const { status, stdout } = await layerdiff(
      ['record', MLP, '--inputs', inputs('mlp-digits'), '--out', `own.${ending}`],
      { cwd },
    );
    expect(stdout).toMatch(/^wrote own\.\w+: \d+ values, \d+ gradients\n$/);
    expect(status).toBe(0);
    const checked = await layerdiff(['check', `own.${ending}`, '--reference', MLP, '--json'], { cwd });
    const report = JSON.parse(checked.stdout) as Report;
    expect(report.tensors.every((row) => row.verdict === 'match' && row.band === 'same')).toBe(true);
    expect([checked.status, report.notes]).toEqual([0, []]);
  });
});

describe('layerdiff compare', () => {
  it('says that two equal traces match, and exits with 0', async () => {
    const { status, stdout } = await layerdiff(['compare', CLEAN, CLEAN]);
    expect(stdout).toMatch(/^✓ match/);
    expect(status).toBe(0);
  });

  it('names the first tensor that differs, and exits with 1', async () => {
    const { status, stdout } = await layerdiff(['compare', BUGGY, CLEAN, '--json']);
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.firstDivergence?.tensor).toBe('/net/fc2/Gemm_output_0');
    expect(report.notes[0]).toContain('errors are chained');
    expect(status).toBe(1);
  });

  it('writes reports as check does', async () => {
    const cwd = scratch();
    const { stdout } = await layerdiff(['compare', BUGGY, CLEAN, '--report', 'html', 'json', '--out', 'o'], { cwd });
    expect(existsSync(join(cwd, 'o/trace.html'))).toBe(true);
    expect(stdout).toContain(join('o', 'trace.json'));
  });
});

describe('layerdiff inspect', () => {
  it('lists what a model holds', async () => {
    const { status, stdout } = await layerdiff(['inspect', MLP]);
    for (const text of ['net.fc1.weight', 'Gemm ×3', '[16, 64]', 'ai.onnx']) expect(stdout).toContain(text);
    expect(status).toBe(0);
  });

  it('lists what a trace holds, as JSON where asked', async () => {
    const { stdout } = await layerdiff(['inspect', CLEAN, '--json']);
    const found = JSON.parse(stdout) as {
      kind: string;
      lists: { values: { name: string; dtype: string }[]; gradients: unknown[] };
    };
    expect(found.kind).toBe('trace');
    expect(found.lists.values).toContainEqual({ name: 'loss', dtype: 'float32', shape: '[]' });
  });
});

describe('the command line itself', () => {
  it.each([
    [['chekc'], /Did you mean check\?/],
    [['check', CLEAN, '--refrence', MLP], /Did you mean --reference\?/],
    [['check', CLEAN, '--reference', MLP, '--report', 'htlm'], /Did you mean "html"\?/],
    [['check', CLEAN, '--reference', MLP, '--loss', 'los'], /Did you mean "loss"\?/],
    [['check', CLEAN, '--reference', MLP, '--seed', 'outptu'], /Did you mean "output"\?/],
    [['compare', CLEAN], /missing required argument/],
    [['record', MLP, '--out', 'x.npz'], /--inputs/],
  ])('answers %j with what is meant', async (args, says) => {
    const { status, stdout, stderr } = await layerdiff(args);
    expect(stderr).toMatch(says);
    expect([status, stdout]).toEqual([2, '']);
  });

  it('shows its help and its version on standard output', async () => {
    const help = await layerdiff(['--help']);
    for (const command of ['check', 'compare', 'record', 'inspect', 'init']) expect(help.stdout).toContain(command);
    expect([help.status, help.stderr]).toEqual([0, '']);
    const version = await layerdiff(['--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
