import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { inputs, layerdiff, model, scratch, trace } from '../support/cli.ts';

const lenet = [model('lenet-digits'), '--inputs', inputs('lenet-digits')];

describe('layerdiff check MODEL', () => {
  it('runs it in WebAssembly, and holds it against the pinned ONNX Runtime', async () => {
    const { status, stdout } = await layerdiff(['check', ...lenet, '--runtime', 'onnxruntime-web:wasm']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^✓ match.*\n.*onnxruntime-web [\d.]+ \(wasm\)/)]);
  });

  it('runs it optimised', async () => {
    const { status, stdout } = await layerdiff(['check', ...lenet, '--optimization', 'all']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/^✓ match.*\n.*optimisation all/)]);
  });

  it('takes it from a configuration, too', async () => {
    const folder = scratch();
    const config = { subject: { model: lenet[0], runtime: 'onnxruntime-web' }, reference: lenet[0], inputs: lenet[2] };
    writeFileSync(join(folder, 'layerdiff.config.json'), JSON.stringify(config));
    const { status, stdout, stderr } = await layerdiff(['check'], { cwd: folder });
    expect([status, stderr, stdout]).toEqual([0, '', expect.stringContaining('onnxruntime-web')]);
  });

  it('says what is wrong with a build, in one line', async () => {
    for (const [args, said] of [
      [['--runtime', 'no-such-build'], /^error {2}E_PEER {2}no-such-build: .* npm i -D no-such-build\n$/],
      [['--runtime', './no-such.mjs'], /^error {2}E_PEER {2}.*no such module.*\n$/],
      [['--optimization', 'al'], /^error {2}E_OPTION .*Did you mean "all"\?\n$/],
    ] as const) {
      const { status, stderr } = await layerdiff(['check', ...lenet, ...args]);
      expect([status, stderr]).toEqual([2, expect.stringMatching(said)]);
    }
    const { status, stderr } = await layerdiff([
      'check',
      'a.safetensors',
      '-r',
      model('lenet-digits'),
      '--runtime',
      'x',
    ]);
    expect([status, stderr]).toEqual([2, expect.stringContaining('for a subject that is a model')]);
  });
});

describe('--reference, twice', () => {
  it('gives each a vote', async () => {
    const args = ['check', trace('mlp-digits.clean'), '-r', model('mlp-digits'), '--reference', model('mlp-digits')];
    const { status, stdout } = await layerdiff(args);
    expect([status, stdout]).toEqual([
      0,
      expect.stringMatching(/^✓ match[^]*vote +model\.onnx \(onnxruntime [\d.]+\): match; .*\n +vote +model/),
    ]);
    expect(stdout).toContain(`--reference ${model('mlp-digits')} --reference ${model('mlp-digits')}`);
  });

  it('is a list in a configuration', async () => {
    const folder = scratch();
    const config = { subject: trace('mlp-digits.clean'), reference: [model('mlp-digits'), model('mlp-digits')] };
    writeFileSync(join(folder, 'layerdiff.config.json'), JSON.stringify(config));
    const { status, stdout } = await layerdiff(['check', '--json'], { cwd: folder });
    expect([status, JSON.parse(stdout).votes.references.length]).toEqual([0, 2]);
  });
});

describe('--save-map', () => {
  const renamed = trace('mlp-digits.renamed.clean');

  it('writes what was found, which gives the same report when it is read', async () => {
    const path = join(scratch(), 'map.json');
    const found = await layerdiff(['check', renamed, '-r', model('mlp-digits'), '--save-map', path, '--json']);
    const map = JSON.parse(readFileSync(path, 'utf8'));
    expect(
      Object.values(map).filter((pair) => (pair as { theirs?: string } | null)?.theirs !== undefined).length,
    ).toBeGreaterThan(8);
    const again = await layerdiff(['check', renamed, '-r', model('mlp-digits'), '--map', path, '--json']);
    const rows = (text: string) =>
      JSON.parse(text).tensors.map((row: Record<string, unknown>) => [
        row['tensor'],
        row['subjectName'],
        row['direction'],
        row['verdict'],
      ]);
    expect(again.status).toBe(found.status);
    expect(rows(again.stdout)).toEqual(rows(found.stdout));
  });

  it('is corrected by hand: null sets a tensor apart', async () => {
    const path = join(scratch(), 'map.json');
    await layerdiff(['check', renamed, '-r', model('mlp-digits'), '--save-map', path]);
    const map = JSON.parse(readFileSync(path, 'utf8'));
    const [mine, pair] = Object.entries(map).find(([, p]) => (p as { theirs?: string })?.theirs?.includes('Tanh')) as [
      string,
      { theirs: string },
    ];
    writeFileSync(path, JSON.stringify({ ...map, [mine]: null }));
    const { stdout } = await layerdiff(['check', renamed, '-r', model('mlp-digits'), '--map', path, '--json']);
    const { unseen } = JSON.parse(stdout);
    expect(unseen).toContainEqual({ tensor: mine, missing: 'reference' });
    expect(unseen).toContainEqual({ tensor: pair.theirs, missing: 'subject' });
  });

  it('is of one subject', async () => {
    const args = ['check', renamed, renamed, '-r', model('mlp-digits'), '--save-map', join(scratch(), 'map.json')];
    expect(await layerdiff(args)).toMatchObject({ status: 2, stderr: expect.stringContaining('several subjects') });
  });
});

describe('the table of --layers', () => {
  it('holds every name in full where it is piped', async () => {
    const { stdout } = await layerdiff(['check', model('gpt-text'), '-i', inputs('gpt-text'), '--layers']);
    expect(stdout).not.toContain('…');
    expect(stdout).toMatch(/\/blocks\S{25,}/);
  });
});
