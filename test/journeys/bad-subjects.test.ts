import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { layerdiff, model, scratch, trace } from '../support/cli.ts';
import { expectRefusal } from '../support/refusal.ts';

const CLEAN = trace('mlp-digits.clean');
const MLP = model('mlp-digits');
let cwd: string;

/** The network of `layerdiff init`, with a piece of its text replaced. */
let network: (from: string, to: string) => string;
const EXAMPLE = ['--reference', 'layerdiff-example/model.onnx', '--inputs', 'layerdiff-example/inputs.safetensors'];
const write = (name: string, text: string): void => writeFileSync(join(cwd, name), text);

beforeAll(async () => {
  cwd = scratch();
  await layerdiff(['init'], { cwd });
  const { readFileSync } = await import('node:fs');
  const right = readFileSync(join(cwd, 'layerdiff-example/network.ts'), 'utf8');
  network = (from, to) => {
    if (!right.includes(from)) throw new Error(`the example has no "${from}"`);
    return right.replace(from, to);
  };
  mkdirSync(join(cwd, 'folder'));
});

describe('a subject that is none', () => {
  it.each([
    ['a folder', 'folder', '', 'E_OPTION', /a subject is a trace/],
    ['a text', 'notes.txt', 'hello', 'E_OPTION', /a subject is a trace/],
    ['a module that is not there', 'missing.ts', '', 'E_FILE', /no such file/],
    ['a module with a syntax error', 'syntax.mjs', 'export default { layers: [', 'E_SUBJECT', /threw while loading/],
    [
      'a TypeScript module with a syntax error',
      'syntax.ts',
      'export default { layers: [',
      'E_SUBJECT',
      /threw while loading/,
    ],
    ['a module that throws', 'throws.mjs', 'throw new Error("boom")', 'E_SUBJECT', /threw while loading: boom/],
    [
      'a function that throws',
      'maker.mjs',
      'export default () => { throw new Error("boom") }',
      'E_SUBJECT',
      /exported function threw: boom/,
    ],
    [
      'a module that exports something else',
      'other.mjs',
      'export const a = 1',
      'E_SUBJECT',
      /it exports a\. Export the network as default/,
    ],
    ['a module that exports a number', 'number.mjs', 'export default 3', 'E_SUBJECT', /exports number, not a network/],
    ['a network without layers', 'empty.mjs', 'export default { name: "n", layers: [] }', 'E_SUBJECT', /has no layers/],
    [
      'a network with neither layers nor run',
      'bare.mjs',
      'export default { name: "n" }',
      'E_SUBJECT',
      /neither "layers" and "run"|neither/,
    ],
  ])('%s is refused', async (_, name, text, code, says) => {
    if (text !== '') write(name, text);
    await expectRefusal(['check', name, ...EXAMPLE], code, says, cwd);
  });
});

describe('a network that misbehaves', () => {
  const relu = 'forward: ({ input }) => input.data.map((x) => Math.max(0, x)),';

  it.each([
    [
      'whose forward throws',
      'forward: () => { throw new Error("out of chips"); },',
      'E_SUBJECT',
      /layer "relu", forward: threw "out of chips"/,
    ],
    [
      'whose forward returns undefined',
      'forward: () => undefined as never,',
      'E_SUBJECT',
      /layer "relu", forward: returned nothing/,
    ],
    [
      'whose forward returns another number of elements than its shape has',
      'forward: () => ({ data: new Float32Array(5), shape: [2, 3] }),',
      'E_SUBJECT',
      /5 elements for the shape \[2, 3\]/,
    ],
  ])('%s is refused', async (_, text, code, says) => {
    write('network.ts', network(relu, text));
    await expectRefusal(['check', 'network.ts', ...EXAMPLE], code, says, cwd);
  });

  it('that changes its input is inconclusive, and the site is named', async () => {
    write(
      'mutates.ts',
      network(
        relu,
        'forward: ({ input }) => { input.data.forEach((x, i) => (input.data[i] = Math.max(0, x))); return input.data.slice(); },',
      ),
    );
    const { status, stdout } = await layerdiff(['check', 'mutates.ts', ...EXAMPLE, '--json'], { cwd });
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.faulty).toMatchObject([{ tensor: 'fc1', cause: { id: 'input.mutated' } }]);
    expect([status, report.outcome]).toEqual([2, 'inconclusive']);
  });

  it('that gives another result on the second run is inconclusive, and the site is named', async () => {
    write(
      'random.ts',
      network(relu, 'forward: ({ input }) => input.data.map((x) => Math.max(0, x) * (1 + Math.random())),'),
    );
    const { status, stdout } = await layerdiff(['check', 'random.ts', ...EXAMPLE, '--json'], { cwd });
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.firstDivergence).toMatchObject({ tensor: 'relu', cause: { id: 'nondeterministic' } });
    expect([status, report.outcome]).toEqual([2, 'inconclusive']);
  });

  it('that has no inputs to run on is refused with the names of the inputs', async () => {
    write('right.ts', network(relu, relu));
    await expectRefusal(
      ['check', 'right.ts', '--reference', 'layerdiff-example/model.onnx'],
      'E_(INPUT|SUBJECT)',
      /input|target|\bx\b/,
      cwd,
    );
  });

  it('whose output has another shape is inconclusive there', async () => {
    write('shape.ts', network('return { data: y, shape: [B, outputs] };', 'return { data: y, shape: [outputs, B] };'));
    const { status, stdout, stderr } = await layerdiff(['check', 'shape.ts', ...EXAMPLE, '--json'], { cwd });
    expect(status).not.toBe(0);
    expect(stderr).not.toMatch(/internal/);
    if (status !== 2) expect((JSON.parse(stdout) as Report).outcome).toBe('mismatch');
  });
});

describe('options that are wrong', () => {
  const check = ['check', CLEAN, '--reference', MLP];

  it.each([
    ['no reference', ['check', CLEAN], 'E_OPTION', /--reference: no reference was given/],
    ['no subject and no configuration', ['check'], 'E_OPTION', /"layerdiff init"/],
    ['a mapping of names that are not there', [...check, '--map', 'map.json'], 'E_OPTION', /recorded no "a"/],
    [
      'a mapping to names that are not there',
      [...check, '--map', 'theirs.json'],
      'E_OPTION',
      /no tensor of that name\. Did you mean "loss"\?/,
    ],
    ['a mapping that is a list', [...check, '--map', 'list.json'], 'E_OPTION', /an object of strings/],
    ['a mapping that is no JSON', [...check, '--map', 'cut.json'], 'E_FILE', /cannot be read/],
    ['a mapping that is missing', [...check, '--map', 'no.json'], 'E_FILE', /cannot be read/],
    ['a loss that is none', [...check, '--loss', 'output'], 'E_LOSS', /only a float scalar/],
    ['a loss that is not there', [...check, '--loss', 'lss'], 'E_LOSS', /Did you mean "loss"\?/],
    ['a seed that is not there', [...check, '--seed', 'outptu'], 'E_OPTION', /Did you mean "output"\?/],
    ['a format that is not there', [...check, '--report', 'htlm'], 'E_OPTION', /Did you mean "html"\?/],
    ['a folder that is a file', [...check, '--report', 'html', '--out', 'afile'], 'E_FILE', /cannot be written/],
    [
      'a folder that the system refuses',
      [...check, '--report', 'html', '--out', '/proc/layerdiff/out'],
      'E_FILE',
      /cannot be written/,
    ],
    [
      'a trace to a folder that is not there',
      [
        'record',
        'layerdiff-example/model.onnx',
        '--inputs',
        'layerdiff-example/inputs.safetensors',
        '--out',
        'no/where.npz',
      ],
      'E_FILE',
      /where\.npz/,
    ],
    ['inputs that are no file', [...check, '--inputs', 'no.npz'], 'E_FILE', /no\.npz/],
    ['a file that cannot be inspected', ['inspect', 'map.json'], 'E_FORMAT', /no model\.json of TensorFlow\.js/],
  ])('%s', async (_, args, code, says) => {
    const elsewhere = scratch();
    for (const [name, text] of Object.entries({
      'map.json': '{"a":"loss"}',
      'theirs.json': '{"loss":"lss"}',
      'list.json': '[1]',
      'cut.json': '{',
      afile: '',
    }))
      writeFileSync(join(elsewhere, name), text);
    await layerdiff(['init'], { cwd: elsewhere });
    const { rmSync } = await import('node:fs');
    rmSync(join(elsewhere, 'layerdiff.config.ts'));
    await expectRefusal(args, code, says, elsewhere);
  });

  it('a configuration with an unknown key', async () => {
    const elsewhere = scratch();
    writeFileSync(join(elsewhere, 'layerdiff.config.json'), JSON.stringify({ refrence: MLP }));
    await expectRefusal(
      ['check'],
      'E_OPTION',
      /key "refrence": there is no such key\. Did you mean "reference"\?/,
      elsewhere,
    );
  });

  it('shows where an error was thrown with --debug, and only then', async () => {
    const { stderr } = await layerdiff(['--debug', 'check', CLEAN, '--reference', 'missing.onnx'], { cwd });
    expect(stderr).toMatch(/^error {2}E_FILE .*\n[\s\S]*\n\s+at /);
  });
});
