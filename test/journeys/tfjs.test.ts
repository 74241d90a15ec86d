import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { openTrace, writeSafetensors, writeTrace } from '../../adapters/trace/index.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { drawn, tf, tfl } from '../adapters/tfjs/_kit.ts';
import { savedModel } from '../adapters/tfjs/_saved.ts';
import { layerdiff, scratch } from '../support/cli.ts';

/** A convolutional network as tfjs-layers writes it, and inputs for it. */
async function folder(loss: string | null = 'categorical_crossentropy'): Promise<string> {
  const root = scratch();
  const network = tfl.sequential();
  network.add(
    tfl.layers.conv2d({ inputShape: [8, 8, 3], filters: 4, kernelSize: 3, activation: 'relu', name: 'conv' }),
  );
  network.add(tfl.layers.maxPooling2d({ poolSize: 2, name: 'pool' }) as never);
  network.add(tfl.layers.flatten({ name: 'flat' }) as never);
  network.add(tfl.layers.dense({ units: 5, activation: 'softmax', name: 'head' }));
  for (const weight of network.weights as unknown as { name: string; shape: number[]; write(value: unknown): void }[]) {
    weight.write(tf.mul(0.3, tf.tensor(drawn(weight.name, weight.shape).read().data as Float32Array, weight.shape)));
  }
  await savedModel(network, root, loss);
  const labels = fromNumbers('float32', [3, 5], [1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]);
  const inputs: [string, TensorSource][] = [
    ['conv_input', drawn('images', [3, 8, 8, 3])],
    ['target', sourceOf(labels)],
  ];
  writeSafetensors(join(root, 'inputs.safetensors'), inputs);
  return root;
}

const check = (cwd: string, ...more: string[]) =>
  layerdiff(['check', 'trace.safetensors', '--reference', 'model.json', '--inputs', 'inputs.safetensors', ...more], {
    cwd,
  });

/** The trace that the reference itself records, with some of it changed. */
async function recorded(cwd: string, change: (name: string, x: number, i: number) => number, reference = 'model.json') {
  const made = await layerdiff(['record', reference, '--inputs', 'inputs.safetensors', '--out', 'trace.safetensors'], {
    cwd,
  });
  expect([made.status, made.stderr]).toEqual([0, '']);
  const trace = openTrace(join(cwd, 'trace.safetensors'));
  const changed = (name: string, source: TensorSource): TensorSource =>
    source.dtype === 'float32'
      ? sourceOf(
          fromNumbers(
            'float32',
            source.shape,
            toNumbers(source.read()).map((x, i) => change(name, x, i)),
          ),
        )
      : source;
  // What a user has: layers and parameters, not what lies inside a layer.
  const shown = ([name]: readonly [string, TensorSource]): boolean => !/\/[A-Z]|constant/.test(name);
  const values = new Map([...trace.values].filter(shown).map(([n, s]) => [n, changed(`value/${n}`, s)]));
  const gradients = new Map([...trace.gradients].filter(shown).map(([n, s]) => [n, changed(`gradient/${n}`, s)]));
  writeTrace(join(cwd, 'trace.safetensors'), { ...trace, values, gradients });
}

describe('layerdiff with a TensorFlow.js model as the reference', () => {
  it('records its layers and gradients, finds a match in them, and says what computed it', async () => {
    const cwd = await folder();
    await recorded(cwd, (_, x) => x);
    const { status, stdout, stderr } = await check(cwd, '--report', 'terminal', 'json', '--out', 'found');
    expect(stdout).toMatch(/^✓ match/);
    expect([status, stderr]).toEqual([0, '']);
    const report = JSON.parse(readFileSync(join(cwd, 'found/trace.json'), 'utf8'));
    expect(report.reference).toMatchObject({ kind: 'tfjs', version: '4.22.0' });
    expect(report.reference.backward).toMatch(/backend (wasm|cpu)/);
    const rows = report.tensors.map((row: { tensor: string; direction: string }) => `${row.tensor} ${row.direction}`);
    for (const name of ['conv', 'pool', 'flat', 'head', 'loss']) expect(rows).toContain(`${name} forward`);
    for (const name of ['conv', 'pool', 'head', 'conv/kernel', 'head/bias']) expect(rows).toContain(`${name} backward`);
  });

  it('takes the folder for its model.json', async () => {
    const cwd = await folder();
    await recorded(cwd, (_, x) => x, '.');
    const { status } = await layerdiff(['check', 'trace.safetensors', '-r', '.', '-i', 'inputs.safetensors'], { cwd });
    expect(status).toBe(0);
  });

  it('finds a bug forward and one backward, each at its layer, on a network that is channels-last', async () => {
    const cwd = await folder();
    // Layers after the convolution are right for what it gave; the head's bias has the gradient of a sum instead of a mean.
    await recorded(cwd, (name, x) => (name === 'value/conv' ? x * 1.5 : name === 'gradient/head/bias' ? x * 3 : x));
    const { status, stdout } = await check(cwd, '--json');
    const report = JSON.parse(stdout);
    expect(status).toBe(1);
    expect(report.forward.firstDivergence).toMatchObject({ tensor: 'conv', layer: 'conv' });
    expect(report.backward.faulty.map((site: { tensor: string }) => site.tensor)).toContain('head/bias');
  });

  it('takes another loss by name, and none', async () => {
    const cwd = await folder(null);
    await recorded(cwd, (_, x) => x, 'model.json?loss=meanSquaredError');
    const named = await layerdiff(
      ['check', 'trace.safetensors', '-r', 'model.json?loss=mse', '-i', 'inputs.safetensors'],
      { cwd },
    );
    expect([named.status, named.stderr]).toEqual([0, '']);
    const wrong = await layerdiff(['inspect', 'model.json?loss=meanSquareError'], { cwd });
    expect(wrong.stderr).toContain('Did you mean "meanSquaredError"?');
    expect(wrong.status).toBe(2);
    const none = await layerdiff(['inspect', 'model.json'], { cwd });
    expect(none.stdout).toMatch(/outputs \(1\)\s+head/);
  });

  it('shows what a model holds', async () => {
    const cwd = await folder();
    const { status, stdout } = await layerdiff(['inspect', 'model.json'], { cwd });
    expect(stdout).toMatch(/conv\/kernel\s+float32\s+\[3, 3, 3, 4\]/);
    expect(stdout).toMatch(/Conv\s/);
    expect(status).toBe(0);
  });

  it.each([
    [
      'a weight file that ends early',
      (cwd: string) => truncateSync(join(cwd, 'weights.bin'), 40),
      'E_FORMAT',
      'hold 40 bytes',
    ],
    [
      'a weight file that is not there',
      (cwd: string) => rename(cwd, 'weights.bin', 'elsewhere.bin'),
      'E_FILE',
      'elsewhere.bin',
    ],
    ['a file that is no JSON', (cwd: string) => writeFileSync(join(cwd, 'model.json'), '{'), 'E_FORMAT', 'not JSON'],
    [
      'another JSON file',
      (cwd: string) => writeFileSync(join(cwd, 'model.json'), '{}'),
      'E_FORMAT',
      'no model topology',
    ],
    ['a layer without description', masked, 'E_UNSUPPORTED', 'Masking'],
  ])('refuses %s, and says what to do', async (_, spoil, code, says) => {
    const cwd = await folder();
    await spoil(cwd);
    const { status, stdout, stderr } = await layerdiff(['inspect', 'model.json'], { cwd });
    expect(stderr).toContain(code);
    expect(stderr).toContain(says);
    expect([status, stdout]).toEqual([2, '']);
  });
});

function rename(cwd: string, from: string, to: string): void {
  const path = join(cwd, 'model.json');
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to));
}

/** A network with a layer that passes a mask beside its tensor. */
async function masked(cwd: string): Promise<void> {
  const network = tfl.sequential();
  network.add(tfl.layers.masking({ inputShape: [5, 3] }) as never);
  network.add(tfl.layers.globalAveragePooling1d({}) as never);
  await savedModel(network, cwd, null);
}
