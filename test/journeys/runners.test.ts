import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformSync } from 'esbuild';
import { DIST, ROOT } from '../support/cli.ts';

/** The README's example, from the README. */
const example =
  /```ts\n(\/\/ lenet\.test\.ts[\s\S]*?)```/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))?.[1] ?? '';

const folder = mkdtempSync(join(tmpdir(), 'layerdiff-runners-'));
const at = (...path: string[]): string => join(folder, ...path);
const jestBin = at('node_modules/jest/bin/jest.js');

// A user's project: layerdiff installed among its packages, a network, a model, inputs.
beforeAll(() => {
  mkdirSync(at('node_modules/layerdiff'), { recursive: true });
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.') && name !== 'layerdiff')
      symlinkSync(join(ROOT, 'node_modules', name), at('node_modules', name));
  }
  cpSync(DIST, at('node_modules/layerdiff/dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), at('node_modules/layerdiff/package.json'));
  writeFileSync(at('package.json'), '{ "type": "module" }');
  for (const [from, to] of [
    ['lenet', 'network'],
    ['lenet-with-a-bug', 'buggy'],
  ] as const) {
    const { code } = transformSync(readFileSync(join(ROOT, `examples/${from}.ts`), 'utf8'), { loader: 'ts' });
    writeFileSync(at(`${to}.js`), code.replace('./lenet.ts', './network.js'));
  }
  for (const file of ['model.onnx', 'inputs.safetensors']) cpSync(join(ROOT, 'models/twins/lenet', file), at(file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function node(...args: string[]) {
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1', FORCE_COLOR: '0' };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env,
    timeout: 120_000,
  });
  return { status, text: stdout + stderr };
}

/** The example as JavaScript, for the network of that name. */
const script = (network: string, entry = 'layerdiff/jest'): string =>
  example.replaceAll('layerdiff/jest', entry).replace('./network.ts', `./${network}.js`);

function jest(network: string, ...flags: string[]) {
  writeFileSync(at(`${network}.test.js`), script(network));
  writeFileSync(
    at('jest.config.json'),
    JSON.stringify({ testEnvironment: 'layerdiff/jest-environment', transform: {}, rootDir: '.', testTimeout: 120000 }),
  );
  return node(
    '--experimental-vm-modules',
    jestBin,
    '--config',
    'jest.config.json',
    '-i',
    `${network}.test.js`,
    ...flags,
  );
}

describe("the README's example", () => {
  it('is in the README', () => expect(example).toContain('toMatchReference'));

  // Its gradient check runs below: in Jest's realm, where every `Math` is looked up anew, this network takes a minute for it.
  it('runs in Jest, with the matchers and the environment of the built package', () => {
    const { status, text } = jest('network', '-t', 'every layer');
    expect([status, text]).toEqual([0, expect.stringContaining('1 passed')]);
  });

  it('fails in Jest for a bug, and the message is the verdict', () => {
    const { status, text } = jest('buggy', '-t', 'every layer');
    expect([status, text]).toEqual([1, expect.stringMatching(/✗ [\s\S]*conv2/)]);
  });

  it('runs in node:test, and fails there for a bug', () => {
    const test = (network: string): string => `
      import { test } from 'node:test';
      import { assertMatches } from 'layerdiff/matchers';
      import network from './${network}.js';
      const inputs = 'inputs.safetensors';
      test('matches', async () => { await assertMatches(network, 'model.onnx', { inputs }); });`;
    for (const network of ['network', 'buggy']) writeFileSync(at(`${network}.node.mjs`), test(network));
    expect(node('--test', 'network.node.mjs')).toMatchObject({ status: 0, text: expect.stringMatching(/pass 1\n/) });
    const { status, text } = node('--test', 'buggy.node.mjs');
    expect([status, text]).toEqual([1, expect.stringMatching(/conv2[\s\S]*AssertionError/)]);
  });

  it('runs in Vitest, with the matchers of the built package', () => {
    const { status, text } = vitest('network', '');
    expect([status, text]).toEqual([0, expect.stringMatching(/2 passed/)]);
  });

  it('fails in Vitest for a bug, and the message is the verdict', () => {
    const { status, text } = vitest('buggy', 'every layer');
    expect([status, text]).toEqual([1, expect.stringMatching(/✗ mismatch[^]*conv2/)]);
  });
});

/** Vitest itself, as its users run it. */
function vitest(network: string, title: string) {
  const globals = "import { expect, test } from 'vitest';";
  writeFileSync(at(`${network}.vitest.js`), `${globals}\n${script(network, 'layerdiff/vitest')}`);
  const config = { test: { include: ['*.vitest.js'], testTimeout: 120_000 } };
  writeFileSync(at('vitest.config.js'), `export default ${JSON.stringify(config)};`);
  const bin = at('node_modules/vitest/vitest.mjs');
  return node(bin, 'run', `${network}.vitest.js`, '-t', title);
}
