import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { openTrace, writeNpz, writeTrace } from '../../adapters/trace/index.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../harness/tensor.ts';
import { normal } from '../../harness/numerics/random.ts';
import type { Report } from '../../harness/types/report.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { changed, random, stored, without } from '../support/bench.ts';
import { inputs, layerdiff, model, scratch, trace } from '../support/cli.ts';
import { expectRefusal } from '../support/refusal.ts';

const MLP = model('mlp-digits');
const CLEAN = openTrace(trace('mlp-digits.clean'));
const H = '/net/fc1/Gemm_output_0';
let cwd: string;

const noise = (size: number, seed: number): Uint8Array => {
  const next = normal(seed);
  return Uint8Array.from({ length: size }, () => Math.floor(next() * 64) & 255);
};

/** A safetensors file of any header. */
function safetensors(header: object, size: number, claims?: bigint): Uint8Array {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + size);
  new DataView(bytes.buffer).setBigUint64(0, claims ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (from: number, to: number) => ({ dtype: 'F32', shape: [(to - from) / 4], data_offsets: [from, to] });

const write = (name: string, of: Trace): void => writeTrace(join(cwd, name), of);
const file = (name: string, bytes: Uint8Array): void => writeFileSync(join(cwd, name), bytes);

beforeAll(() => {
  cwd = scratch();
  mkdirSync(join(cwd, 'folder.safetensors'));
  file('noise.safetensors', noise(5000, 1));
  file('noise.npz', noise(5000, 2));
  file('nothing.safetensors', new Uint8Array());
  file('nothing.npz', new Uint8Array());
  file('huge.safetensors', safetensors({}, 0, 1n << 60n));
  file('overlap.safetensors', safetensors({ a: f32(0, 8), b: f32(4, 12) }, 12));
  file('beyond.safetensors', safetensors({ a: f32(0, 800) }, 12));
  file('negative.safetensors', safetensors({ a: { dtype: 'F32', shape: [-2], data_offsets: [0, 8] } }, 8));
  file('empty.safetensors', safetensors({}, 0));
  write('strange.safetensors', {
    ...CLEAN,
    values: new Map([
      ['input', CLEAN.values.get('input')!],
      ['target', CLEAN.values.get('target')!],
      ['zz', sourceOf(random([2, 3], 3))],
    ]),
    gradients: new Map(),
  });
  const shapes = [
    [16, 48],
    [16, 10],
    [16, 32],
  ];
  write('other-network.safetensors', {
    ...CLEAN,
    values: new Map([
      ['input', CLEAN.values.get('input')!],
      ['target', CLEAN.values.get('target')!],
      ...Array.from({ length: 200 }, (_, i) => [`z${i}`, sourceOf(random(shapes[i % 3]!, i))] as const),
    ]),
    gradients: new Map(),
  });
  write('only-inputs.safetensors', {
    ...CLEAN,
    values: new Map([['input', CLEAN.values.get('input')!]]),
    gradients: new Map(),
  });
  write('no-inputs.safetensors', without(CLEAN, ['input'], ['forward']));
  write('float-labels.safetensors', {
    ...CLEAN,
    values: new Map([...CLEAN.values, ['target', sourceOf(float32([16], new Float32Array(16)))]]),
  });
  write('other-input.safetensors', {
    ...CLEAN,
    values: new Map([...CLEAN.values, ['input', sourceOf(random([16, 61], 4))]]),
  });
  write('integer-gradient.safetensors', {
    ...CLEAN,
    gradients: new Map([...CLEAN.gradients, [H, sourceOf(int64([16, 48], new Float32Array(768)))]]),
  });
  write(
    'far-labels.safetensors',
    changed(CLEAN, 'forward', 'target', (d) => d.map(() => 1000)),
  );
});

describe('a trace that is none', () => {
  it.each([
    ['folder.safetensors', 'E_FILE', /folder|directory/i],
    ['missing.safetensors', 'E_FILE', /no such file/],
    ['nothing.safetensors', 'E_FORMAT', /0 bytes/],
    ['nothing.npz', 'E_FORMAT', /no readable ZIP/],
    ['noise.safetensors', 'E_FORMAT', /header claims/],
    ['noise.npz', 'E_FORMAT', /no readable ZIP/],
    ['huge.safetensors', 'E_FORMAT', /1152921504606846976 bytes/],
    ['overlap.safetensors', 'E_FORMAT', /tensor "b": begins at byte 4/],
    ['beyond.safetensors', 'E_FORMAT', /tensor "a": ends at byte 800/],
    ['negative.safetensors', 'E_FORMAT', /tensor "a"/],
    ['empty.safetensors', 'E_FORMAT', /holds no tensor/],
  ])('%s is refused (%s)', async (name, code, says) => {
    await expectRefusal(['check', name, '--reference', MLP], code, says, cwd);
    await expectRefusal(['compare', trace('mlp-digits.clean'), name], code, says, cwd);
    await expectRefusal(['inspect', name], code, says, cwd);
  });

  it('a file cut short anywhere is refused, or compared for what it says, never guessed at', async () => {
    const whole = new Uint8Array(await import('node:fs').then((fs) => fs.readFileSync(trace('mlp-digits.clean'))));
    for (const share of [0.0001, 0.01, 0.3, 0.999]) {
      file('cut.safetensors', whole.slice(0, Math.floor(whole.length * share)));
      await expectRefusal(['check', 'cut.safetensors', '--reference', MLP], 'E_FORMAT', /cut|short|header|bytes/, cwd);
    }
    writeNpz(join(cwd, 'whole.npz'), CLEAN.values);
    const archive = (await import('node:fs')).readFileSync(join(cwd, 'whole.npz'));
    file('cut.npz', archive.subarray(0, archive.length - 40));
    await expectRefusal(['check', 'cut.npz', '--reference', MLP], 'E_FORMAT', /cut\.npz/, cwd);
  });
});

describe('a trace that cannot be compared', () => {
  it.each([
    ['no-inputs.safetensors', 'E_INPUT', /input input: the reference needs it \(float32 \[16, 64\]\)/],
    ['float-labels.safetensors', 'E_INPUT', /target: it is float32, the reference takes int64/],
    ['other-input.safetensors', 'E_INPUT', /input: expected float32 \[16, 64\], was given float32 \[16, 61\]/],
    ['far-labels.safetensors', 'E_INPUT', /input target: its element 0 is 1000, .* has 10 to choose from/],
  ])('%s is refused (%s)', (name, code, says) => expectRefusal(['check', name, '--reference', MLP], code, says, cwd));

  it.each([
    ['strange.safetensors', /zz/],
    ['integer-gradient.safetensors', /Gemm_output_0 .* could not be compared: the subject's gradient is int64/],
    ['other-network.safetensors', /200 of \d+ recorded tensors have no partner .* Is it the same network\?/],
    ['only-inputs.safetensors', /no computed tensor could be compared/],
  ])('%s proves nothing: exit code 2, and why', async (name, says) => {
    const { status, stdout } = await layerdiff(
      ['check', name, '--reference', MLP, '--inputs', inputs('mlp-digits'), '--json'],
      { cwd },
    );
    const report = JSON.parse(stdout) as Report;
    expect(report.notes.join('\n')).toMatch(says);
    expect([status, report.outcome]).toEqual([2, 'inconclusive']);
  });

  it('names of another network are refused: nothing is comparable', () =>
    expectRefusal(
      ['compare', trace('mlp-digits.clean'), join(cwd, 'strange-only.npz')],
      'E_NOTHING_COMPARABLE',
      /none of its names/,
      (writeNpz(join(cwd, 'strange-only.npz'), [['zz', sourceOf(random([2, 3], 5))]]), cwd),
    ));

  it('one shape that differs leaves the rest compared, and the whole inconclusive', async () => {
    write('shape.safetensors', { ...CLEAN, values: new Map([...CLEAN.values, [H, sourceOf(random([16, 47], 6))]]) });
    const { status, stdout } = await layerdiff(['check', 'shape.safetensors', '--reference', MLP, '--json'], { cwd });
    const report = JSON.parse(stdout) as Report;
    expect(report.notes[0]).toMatch(
      /Gemm_output_0 \(forward\) could not be compared: the subject's value has shape \[16, 47\], the reference's \[16, 48\]/,
    );
    expect([status, report.outcome]).toEqual([2, 'inconclusive']);
  });

  it('NaN everywhere is a mismatch where it begins, not a match of NaN with NaN', async () => {
    let spoilt = CLEAN;
    const computed = (CLEAN.metadata.order ?? []).filter((name) => name !== 'input' && name !== 'target');
    for (const name of computed) spoilt = changed(spoilt, 'forward', name, (d) => d.map(() => Number.NaN));
    for (const name of CLEAN.gradients.keys())
      spoilt = changed(spoilt, 'backward', name, (d) => d.map(() => Number.NaN));
    write('nan.safetensors', spoilt);
    const { status, stdout } = await layerdiff(['check', 'nan.safetensors', '--reference', MLP, '--json'], { cwd });
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.firstDivergence?.tensor).toBe(computed[0]);
    expect(report.tensors.filter((row) => row.verdict === 'match')).toEqual([]);
    expect(status).toBe(1);
  });
});

describe('a trace that is not whole is judged for what it holds, and what was not proven is said', () => {
  const interior = (CLEAN.metadata.order ?? []).filter((name) => !['input', 'target', 'loss'].includes(name));
  const notesOf = async (name: string): Promise<{ status: number | null; notes: string; report: Report }> => {
    const { status, stdout } = await layerdiff(['check', name, '--reference', MLP, '--json'], { cwd });
    const report = JSON.parse(stdout) as Report;
    return { status, report, notes: report.notes.join('\n') };
  };

  it('values only', async () => {
    write('values.safetensors', { ...CLEAN, gradients: new Map() });
    const { status, notes } = await notesOf('values.safetensors');
    expect(notes).toContain('The trace holds no gradients: only the forward pass was compared');
    expect(status).toBe(0);
  });

  it('gradients without interior values, one of them wrong', async () => {
    const wrong = changed(without(CLEAN, interior, ['forward']), 'backward', 'net.fc2.weight', (d) =>
      d.map((v) => 2 * v),
    );
    write('gradients.safetensors', wrong);
    const { status, notes, report } = await notesOf('gradients.safetensors');
    expect(notes).toMatch(
      /interior values are not recorded .* gradients were judged on the values that the reference computes there/,
    );
    expect(report.backward.faulty.map((s) => s.tensor)).toEqual(['net.fc2.weight']);
    expect(status).toBe(1);
  });

  it('half of the tensors', async () => {
    const half = [...CLEAN.values.keys(), ...CLEAN.gradients.keys()].filter(
      (name, i) => i % 2 === 0 && !['input', 'target'].includes(name),
    );
    write('half.safetensors', without(CLEAN, half));
    const { status, notes, report } = await notesOf('half.safetensors');
    expect(notes).toMatch(/interior values are not recorded/);
    expect(notes).toMatch(/The gradients of \d+ parameters are not recorded/);
    expect(notes).toMatch(/lacks \d+ of the parameters/);
    expect(report.unseen.length).toBeGreaterThan(0);
    expect(status).toBe(0);
  });

  it.each(['float16', 'bfloat16', 'float64'] as const)(
    'in %s, a right one matches at its own precision, and a wrong one does not',
    async (dtype) => {
      write(`${dtype}.safetensors`, stored(CLEAN, dtype));
      expect((await notesOf(`${dtype}.safetensors`)).status).toBe(0);
      write(
        `${dtype}-wrong.safetensors`,
        stored(
          changed(CLEAN, 'forward', H, (d) => d.map((v) => v * 1.05)),
          dtype,
        ),
      );
      const { status, report } = await notesOf(`${dtype}-wrong.safetensors`);
      expect(report.forward.firstDivergence?.tensor).toBe(H);
      expect(status).toBe(1);
    },
  );

  it('in NPZ', async () => {
    const all = [...CLEAN.values].map(([n, s]) => [`value/${n}`, s] as const);
    writeNpz(join(cwd, 'clean.npz'), [...all, ...[...CLEAN.gradients].map(([n, s]) => [`gradient/${n}`, s] as const)]);
    expect((await notesOf('clean.npz')).status).toBe(0);
    const loss = fromNumbers('float32', [1], toNumbers(CLEAN.values.get('loss')!.read()));
    writeNpz(join(cwd, 'loss.npz'), [...all.filter(([n]) => n !== 'value/loss'), ['value/loss', sourceOf(loss)]]);
    const { status, report } = await notesOf('loss.npz');
    expect(report.tensors.find((row) => row.tensor === 'loss')?.verdict).toBe('match');
    expect(status).toBe(0);
  });
});
