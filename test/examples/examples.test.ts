import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { openTrace } from '../../adapters/trace/index.ts';
import lenet from '../../examples/lenet.ts';
import lenetWithABug from '../../examples/lenet-with-a-bug.ts';
import { twins } from '../../models/twins/index.ts';
import { scratchFolder } from '../adapters/trace/scratch.ts';
import { goldenOf, relL2, runOnGolden } from '../models/against.ts';

const scratch = scratchFolder();

/** The reference's names of what the example does not name: it leaves these to the alignment. */
const NAMES: Readonly<Record<string, string>> = twins.lenet.make().names ?? {};
const theirs = (name: string): string => lenet.names?.[name] ?? NAMES[name === 'flat' ? 'flatten' : name] ?? name;

describe('the example LeNet', () => {
  it("is right: every value and gradient is PyTorch's", async () => {
    const { trace, observations } = await runOnGolden(lenet, twins.lenet);
    const golden = goldenOf(twins.lenet);
    expect(observations).toEqual([]);
    for (const [name, source] of trace.values) {
      expect([name, relL2(source, golden.values.get(theirs(name))!) <= 2e-6]).toEqual([name, true]);
    }
    for (const [name, source] of trace.gradients) {
      expect([name, relL2(source, golden.gradients.get(theirs(name))!) <= 2e-5]).toEqual([name, true]);
    }
    expect(trace.values.size).toBe(golden.values.size);
    expect(trace.gradients.size).toBe(golden.gradients.size);
  });

  it('with a bug is wrong first in the second convolution', async () => {
    const { trace } = await runOnGolden(lenetWithABug, twins.lenet);
    const golden = goldenOf(twins.lenet);
    const wrong = trace.metadata.order?.filter(
      (name) => !(relL2(trace.values.get(name)!, golden.values.get(theirs(name))!) <= 2e-6),
    );
    expect(wrong?.[0]).toBe('conv2');
  });
});

const python = spawnSync('python3', ['-c', 'import struct']).status === 0;

(python ? describe : describe.skip)('the example dump (skipped where there is no python3)', () => {
  it("writes a trace without any package, which holds PyTorch's values and gradients", () => {
    const out = scratch.path('trace.safetensors');
    const root = new URL('../..', import.meta.url).pathname;
    execFileSync('python3', ['-S', 'examples/dump.py', 'test/data/goldens/mlp-digits/golden.safetensors', out], {
      cwd: root,
    });
    const [trace, golden] = [openTrace(out), goldenOf(twins.mlp)];
    expect(trace.metadata.producer).toBe('dump.py');
    const map: Readonly<Record<string, string>> = {
      fc1: '/net/fc1/Gemm_output_0',
      tanh: '/net/Tanh_output_0',
      fc2: '/net/fc2/Gemm_output_0',
      sigmoid: '/net/Sigmoid_output_0',
    };
    expect([trace.values.size, trace.gradients.size]).toEqual([13, 12]);
    for (const [kind, allowed] of [
      ['values', 2e-6],
      ['gradients', 2e-5],
    ] as const) {
      for (const [name, source] of trace[kind]) {
        expect([name, relL2(source, golden[kind].get(map[name] ?? name)!) <= allowed]).toEqual([name, true]);
      }
    }
  });
});
