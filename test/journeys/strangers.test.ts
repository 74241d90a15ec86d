import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Report } from '../../harness/types/report.ts';
import { DIST, ROOT } from '../support/cli.ts';

const folder = join(ROOT, 'examples/strangers');
const there = existsSync(join(folder, 'node_modules'));

const ran = there
  ? spawnSync(process.execPath, [join(folder, 'run.mjs'), '--json'], {
      encoding: 'utf8',
      env: { ...process.env, LAYERDIFF_DIST: DIST, NODE_OPTIONS: '' },
      timeout: 120_000,
    })
  : null;
const reports = new Map<string, Report>(
  (ran?.stdout ?? '')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Report)
    .map((report) => [report.subject.name, report]),
);

/** Layer and tensor of every fault, without the number of an operator in its layer. */
const faults = (name: string, direction: 'forward' | 'backward'): string[] =>
  (reports.get(name) as Report)[direction].faulty.map(({ layer, tensor, cause }) =>
    [layer.replace(/\/.*/, ''), tensor, ...(cause === null ? [] : [cause.id])].join(' '),
  );

(there ? describe : describe.skip)('networks that others wrote (npm ci --prefix examples/strangers)', () => {
  it('run without a crash', () => {
    expect([ran?.status, ran?.stderr]).toEqual([0, '']);
    expect(reports.size).toBe(8);
  });

  it('convnetjs: every layer is right but the gradient of local response normalisation', () => {
    expect(faults('convnetjs', 'forward')).toEqual([]);
    expect(faults('convnetjs', 'backward')).toEqual(['lrn relu']);
  });

  it('brain.js: sigmoid, tanh and relu are right, both ways', () => {
    for (const activation of ['sigmoid', 'tanh', 'relu'])
      expect([activation, reports.get(`brain.js, ${activation}`)?.outcome]).toEqual([activation, 'match']);
  });

  it('brain.js: the leaky ReLU is not one', () => {
    expect(faults('brain.js, leaky-relu', 'forward').map((fault) => fault.split(' ')[0])).toEqual(['d1', 'd2']);
  });

  it('js-pytorch: not what PyTorch computes, in layer norm, attention and ReLU', () => {
    const forward = faults('js-pytorch, as PyTorch', 'forward');
    expect(forward).toEqual([
      'norm norm norm.epsilon',
      expect.stringMatching(/^att att/),
      'relu relu activation.wrong-function',
    ]);
  });

  it('js-pytorch: by its own formulas its forward pass is right, and the gradients of pow and of attention are wrong', () => {
    expect(faults('js-pytorch, as it is written', 'forward')).toEqual([]);
    const layers = faults('js-pytorch, as it is written', 'backward').map((fault) => fault.split(/[ ,]/)[0]);
    expect([...new Set(layers)]).toEqual(['pow', 'att']);
    expect(faults('js-pytorch, softmax of a square', 'backward')).toEqual(['softmax x']);
  });
});

describe('what is installed for them', () => {
  it('is locked, names no registry, and runs no scripts', () => {
    const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8'));
    const packages = Object.values(lock.packages as Record<string, { resolved?: string; integrity?: string }>);
    expect(packages.filter(({ resolved }) => resolved !== undefined)).toEqual([]);
    expect(packages.filter(({ integrity }) => integrity === undefined)).toHaveLength(1); // its own
    expect(readFileSync(join(folder, '.npmrc'), 'utf8')).toContain('ignore-scripts=true');
  });

  it('is put under test by adapters of at most 60 lines', () => {
    const files = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
    const long = files.filter((file) => readFileSync(join(folder, file), 'utf8').split('\n').length - 1 > 60);
    expect([files.length > 5, long]).toEqual([true, []]);
  });
});
