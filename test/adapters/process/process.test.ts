import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { processSubject } from '../../../adapters/process/index.ts';
import { openOnnxReference } from '../../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { check } from '../../../harness/check.ts';
import { float32, sourceOf } from '../../../harness/tensor.ts';
import type { Subject } from '../../../harness/types/adapter.ts';

const folder = mkdtempSync(join(tmpdir(), 'layerdiff-test-'));
const request = { inputs: new Map([['x', sourceOf(float32([2], [1, 2]))]]), parameters: new Map() };
const opened: Subject[] = [];
afterAll(async () => {
  for (const subject of opened) await subject.release();
});

/** A program in JavaScript, as a child process. */
function program(name: string, source: string, more: { timeLimit?: number } = {}): Subject {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  const subject = processSubject({ name, command: [process.execPath, path], ...more });
  opened.push(subject);
  return subject;
}

/** Copies what it was given into its trace, for each request; `reply` is what it says then. */
const ECHO = (reply: string) => `
import { copyFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { inputs, trace } = JSON.parse(line);
  copyFileSync(inputs, trace);
  ${reply}
}`;

const wrong: readonly (readonly [string, string, RegExp, number?])[] = [
  [
    'a crash',
    `console.error('line one'); console.error('index out of range'); process.exit(3)`,
    /exit code 3[\s\S]*index out of range/,
  ],
  ['a kill', `process.kill(process.pid, 'SIGKILL')`, /ended by SIGKILL/],
  ['a hang', `setInterval(() => {}, 1000)`, /no answer within 0.5 s/, 500],
  [
    'garbage on standard output',
    ECHO(`console.log('epoch 1 loss 0.3')`),
    /wrote "epoch 1 loss 0.3" to standard output/,
  ],
  [
    'a reported error',
    ECHO(`console.log(JSON.stringify({ error: 'out of memory' }))`),
    /reported an error: out of memory/,
  ],
  ['no trace', `process.stdin.resume(); console.log('{"done": true}')`, /did not write its trace/],
  ['an end without a trace', `process.exit(0)`, /ended without writing its trace/],
  ['an endless line', `process.stdin.resume(); process.stdout.write('x'.repeat(200000))`, /to standard output/],
  [
    'a half-written trace',
    `import { writeFileSync } from 'node:fs'; const n = Buffer.alloc(8); n.writeBigUInt64LE(500n);
     writeFileSync(process.env.LAYERDIFF_TRACE, Buffer.concat([n, Buffer.from('{"value/x":{"dty')]));`,
    /E_FORMAT/,
  ],
];

describe('a program as the subject', () => {
  it('is asked again while it lives, and gives its trace each time', async () => {
    const subject = program('echo', ECHO(`console.log('{"done": true}')`));
    for (let run = 0; run < 3; run++) {
      const { trace } = await subject.run(request);
      expect(Array.from(trace.values.get('x')?.read().data as Float32Array)).toEqual([1, 2]);
    }
  });

  it('may run once and end, with the paths in its environment', async () => {
    const source = `import { copyFileSync } from 'node:fs'; copyFileSync(process.env.LAYERDIFF_INPUTS, process.env.LAYERDIFF_TRACE);`;
    const subject = program('once', source);
    for (let run = 0; run < 2; run++) expect((await subject.run(request)).trace.values.has('x')).toBe(true);
  });

  for (const [name, source, message, timeLimit] of wrong) {
    it(`says what ${name} is, with the program’s name`, async () => {
      const subject = program(name.replaceAll(' ', '-'), source, { timeLimit: timeLimit ?? 10_000 });
      await expect(subject.run(request)).rejects.toThrow(message);
    });
  }

  it('says so where the command does not exist', async () => {
    const subject = processSubject({ command: ['/no/such/program'] });
    opened.push(subject);
    await expect(subject.run(request)).rejects.toThrow(/E_SUBJECT {2}\/no\/such\/program: it could not be started/);
  });

  it('leaves no file behind', async () => {
    const note = join(folder, 'where.txt');
    const subject = program(
      'tidy',
      ECHO(`(await import('node:fs')).writeFileSync(${JSON.stringify(note)}, trace); console.log('{"done": true}')`),
    );
    await subject.run(request);
    const trace = readFileSync(note, 'utf8');
    expect(existsSync(trace)).toBe(true);
    await subject.release();
    expect(existsSync(dirname(trace))).toBe(false);
  });
});

const has = (command: string): boolean => {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('the examples in other languages match ONNX Runtime, forward and backward', () => {
  const languages = [
    ['python', 'python3'],
    ['c', 'cc'],
    ['rust', 'rustc'],
  ] as const;
  for (const [language, tool] of languages) {
    (has(tool) ? it : it.skip)(`${language} (needs ${tool})`, async () => {
      const offered = (await import(`../../../examples/process/${language}.mjs`)).default;
      const subject = processSubject(typeof offered === 'function' ? offered() : offered);
      const reference = await openOnnxReference('models/twins/mlp/model.onnx');
      const report = await check(subject, reference, { inputs: readTensors('models/twins/mlp/inputs.safetensors') });
      expect(report.tensors.filter((row) => row.verdict === 'mismatch')).toEqual([]);
      expect(report.tensors.filter((row) => row.verdict === 'match').length).toBe(18);
      expect(report.outcome).toBe('match');
      await subject.release();
      await reference.release();
    });
  }
});
