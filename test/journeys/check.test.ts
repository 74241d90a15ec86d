import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { violations } from '../support/json-schema.ts';
import { inputs, layerdiff, model, ROOT, scratch, trace } from '../support/cli.ts';

const MLP = model('mlp-digits');
const CLEAN = trace('mlp-digits.clean');
const BUGGY = trace('mlp-digits.bias.missing.net_fc2_Gemm');
const ESCAPE = String.fromCharCode(27);

describe('layerdiff check', () => {
  it('says of a clean trace that everything matches, and exits with 0', async () => {
    const { status, stdout, stderr } = await layerdiff(['check', CLEAN, '--reference', MLP]);
    expect(stdout).toMatch(/^✓ match: 19 of 19 tensors match, forward and backward/);
    expect([status, stderr]).toEqual([0, '']);
  });

  it('names the layer of a buggy one, and exits with 1', async () => {
    const { status, stdout, stderr } = await layerdiff(['check', BUGGY, '--reference', MLP]);
    expect(stdout.split('\n')[0]).toContain('/net/fc2/Gemm (Gemm) is the first wrong layer');
    expect([status, stderr]).toEqual([1, '']);
  });

  it('names a wrong gradient, and its direction', async () => {
    const { status, stdout } = await layerdiff([
      'check',
      trace('mlp-digits.gradient.zero.net_fc2_Gemm.backward'),
      '--reference',
      MLP,
      '--json',
    ]);
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.faulty).toEqual([]);
    expect(report.backward.firstDivergence?.direction).toBe('backward');
    expect(status).toBe(1);
  });

  it('finds every bug of a network with three, and the fused, renamed and channels-last ones', async () => {
    const several = JSON.parse(readFileSync(join(trace('mlp-digits.several.1'), '../expect.json'), 'utf8')) as {
      bugs: { phase: 'forward' | 'backward'; tensors: string[] }[];
    };
    const { stdout } = await layerdiff(['check', trace('mlp-digits.several.1'), '--reference', MLP, '--json']);
    const report = JSON.parse(stdout) as Report;
    for (const { phase, tensors } of several.bugs)
      expect(tensors).toContain(report[phase].faulty.find((s) => tensors.includes(s.tensor))?.tensor);
    const exits = [
      ['mlp-digits.renamed.clean', 'mlp-digits', 0],
      ['lenet-digits.fused.clean', 'lenet-digits', 0],
      ['lenet-digits.channels-last.conv.kernel-flipped', 'lenet-digits', 1],
    ] as const;
    for (const [name, reference, expected] of exits) {
      expect([name, (await layerdiff(['check', trace(name), '--reference', model(reference)])).status]).toEqual([
        name,
        expected,
      ]);
    }
  });

  it('prints with --json a report that its schema allows, and nothing else', async () => {
    const { stdout, stderr } = await layerdiff(['check', BUGGY, '--reference', MLP, '--json']);
    const schema = JSON.parse(readFileSync(join(ROOT, 'reports/report.schema.json'), 'utf8'));
    expect(violations(schema, JSON.parse(stdout))).toEqual([]);
    expect(stderr).toBe('');
  });

  it('prints with --json an array for many subjects, and one summary without', async () => {
    const { status, stdout } = await layerdiff(['check', CLEAN, BUGGY, '--reference', MLP, '--json']);
    const reports = JSON.parse(stdout) as Report[];
    expect(reports.map((r) => r.outcome)).toEqual(['match', 'mismatch']);
    expect(status).toBe(1);
    const summary = await layerdiff(['check', CLEAN, BUGGY, '--reference', MLP]);
    expect(summary.stdout).toMatch(/✓ match +mlp-digi\S*clean-trace/);
    expect(summary.stdout).toMatch(/✗ mismatch +mlp-digi\S*Gemm-trace/);
    expect(summary.stdout).toContain('2 subjects: 1 match, 1 mismatch');
  });

  it('goes on after a subject that cannot be read; the worst outcome is the exit code', async () => {
    const { status, stdout, stderr } = await layerdiff([
      'check',
      CLEAN,
      join(ROOT, 'nothing.npz'),
      '--reference',
      MLP,
      '--json',
    ]);
    expect((JSON.parse(stdout) as Report[]).map((r) => r.outcome)).toEqual(['match']);
    expect(stderr).toMatch(/^nothing\.npz: error {2}E_FILE/);
    expect(status).toBe(2);
    expect((await layerdiff(['check', BUGGY, join(ROOT, 'nothing.npz'), '--reference', MLP])).status).toBe(1);
  });

  it('writes each format where it says, one file a subject, none over another', async () => {
    const cwd = scratch();
    for (const folder of ['a', 'b', 'b/a']) mkdirSync(join(cwd, folder));
    for (const path of ['a/run.safetensors', 'b/run.safetensors', 'b/a/run.safetensors', 'other.safetensors'])
      copyFileSync(CLEAN, join(cwd, path));
    const subjects = ['a/run.safetensors', 'b/run.safetensors', 'b/a/run.safetensors', 'other.safetensors'];
    const { status, stdout } = await layerdiff(
      ['check', ...subjects, '--reference', MLP, '--report', 'json', 'html', 'junit', 'markdown', '--out', 'o'],
      { cwd },
    );
    const files = readdirSync(join(cwd, 'o')).toSorted();
    const names = ['a-run', 'a-run-2', 'b-run', 'other'];
    expect(files).toEqual(
      names.flatMap((name) => ['html', 'json', 'md', 'xml'].map((ending) => `${name}.${ending}`)).toSorted(),
    );
    for (const file of files) expect(stdout).toContain(join('o', file));
    const rerun = files
      .filter((f) => f.endsWith('.json'))
      .map((f) => (JSON.parse(readFileSync(join(cwd, 'o', f), 'utf8')) as Report).rerun);
    expect(new Set(rerun).size).toBe(4);
    expect(status).toBe(0);
  });

  it('writes to reports/out where nothing else is said', async () => {
    const cwd = scratch();
    await layerdiff(['check', CLEAN, '--reference', MLP, '--report', 'html'], { cwd });
    expect(existsSync(join(cwd, 'reports/out/trace.html'))).toBe(true);
  });

  it('annotates for GitHub on standard output', async () => {
    const { stdout } = await layerdiff(['check', BUGGY, '--reference', MLP, '--report', 'github']);
    expect(stdout).toMatch(/^::error /m);
  });

  it('shows one line a layer with --layers', async () => {
    const { stdout } = await layerdiff(['check', CLEAN, '--reference', MLP, '--layers']);
    for (const layer of ['→  /net/fc1/Gemm', '→  /net/Tanh', '←  /net/fc1/Gemm', 'loss'])
      expect(stdout).toContain(layer);
  });

  it('takes a mapping of names', async () => {
    const cwd = scratch();
    const map = { h1: '/net/fc1/Gemm_output_0' };
    writeFileSync(join(cwd, 'map.json'), JSON.stringify(map));
    const { writeTrace, openTrace } = await import('../../adapters/trace/index.ts');
    const clean = openTrace(CLEAN);
    const renamed = (m: typeof clean.values) => new Map([...m].map(([n, s]) => [n === map.h1 ? 'h1' : n, s]));
    writeTrace(join(cwd, 't.npz'), { ...clean, values: renamed(clean.values), gradients: renamed(clean.gradients) });
    const { status, stdout } = await layerdiff(['check', 't.npz', '--reference', MLP, '--map', 'map.json', '--json'], {
      cwd,
    });
    const report = JSON.parse(stdout) as Report;
    expect(report.tensors.find((row) => row.tensor === map.h1)).toMatchObject({
      subjectName: 'h1',
      why: 'declared in the mapping',
      verdict: 'match',
    });
    expect(status).toBe(0);
  });

  it('differentiates the scalar that --loss names, or starts from the gradients that --seed names', async () => {
    expect((await layerdiff(['check', CLEAN, '--reference', MLP, '--loss', 'loss'])).status).toBe(0);
    const { status, stdout } = await layerdiff(['check', CLEAN, '--reference', MLP, '--json', '--seed', 'output']);
    const report = JSON.parse(stdout) as Report;
    expect(report.tensors.some((row) => row.direction === 'backward' && row.tensor === 'output')).toBe(false);
    expect(report.tensors.some((row) => row.direction === 'backward' && row.verdict === 'match')).toBe(true);
    expect(status).toBe(0);
  });

  it('gives again the same report for the command that the report names', async () => {
    const first = JSON.parse((await layerdiff(['check', BUGGY, '--reference', MLP, '--json'])).stdout) as Report;
    const words = first.rerun.split(' ');
    expect(words[0]).toBe('layerdiff');
    const again = JSON.parse((await layerdiff(words.slice(1))).stdout) as Report;
    expect({ ...again, timing: null }).toEqual({ ...first, timing: null });
  });
});

describe('output', () => {
  it('has no escapes where it is no terminal, unless colours are forced', async () => {
    for (const env of [{}, { NO_COLOR: '1', FORCE_COLOR: '1' }, { TERM: 'dumb' }, { CI: 'true' }]) {
      const { stdout, stderr } = await layerdiff(['check', BUGGY, '--reference', MLP], { env });
      expect(stdout + stderr).not.toContain(ESCAPE);
    }
    expect((await layerdiff(['check', BUGGY, '--reference', MLP], { env: { FORCE_COLOR: '1' } })).stdout).toContain(
      ESCAPE,
    );
  });
});

describe('a hand-written network on the command line', () => {
  it('of the examples matches, and its buggy twin does not', async () => {
    const args = ['--reference', join(ROOT, 'models/twins/lenet/model.onnx'), '--inputs', inputs('lenet-digits')];
    const right = await layerdiff(['check', join(ROOT, 'examples/lenet.ts'), ...args]);
    expect([right.status, right.stderr]).toEqual([0, '']);
    const wrong = await layerdiff(['check', join(ROOT, 'examples/lenet-with-a-bug.ts'), ...args]);
    expect([wrong.status, wrong.stderr]).toEqual([1, '']);
  });
});
