import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { encodeModel, GraphBuilder } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { writeSafetensors } from '../../adapters/trace/index.ts';
import { float32, sourceOf } from '../../harness/tensor.ts';
import type { Graph, ValueInfo } from '../../harness/types/graph.ts';
import type { Report } from '../../harness/types/report.ts';
import { long64, modelBytes, tensorBytes } from '../adapters/onnx/_proto.ts';
import { random } from '../support/bench.ts';
import { inputs, layerdiff, model, scratch, trace } from '../support/cli.ts';
import { expectRefusal } from '../support/refusal.ts';

const CLEAN = trace('mlp-digits.clean');
const MLP = model('mlp-digits');
let cwd: string;

const write = (name: string, graph: Graph): void =>
  writeFileSync(join(cwd, name), encodeModel(graph, { inline: () => true }));

/** x → operator → y. */
function one(
  op: string,
  shape: ValueInfo['shape'],
  options: { domain?: string; output?: boolean; attributes?: object } = {},
): Graph {
  const b = new GraphBuilder(op, 21);
  const x = b.input('x', 'float32', shape);
  const y = b.node(
    op,
    [x],
    { ...options.attributes },
    { outputNames: ['y'], ...(options.domain ? { domain: options.domain } : {}) },
  );
  if (options.output !== false) b.output(y);
  return b.graph();
}

const external = (location: string): Uint8Array =>
  modelBytes({
    initializers: [
      tensorBytes({
        dims: long64([2]),
        dataType: 1,
        name: 'w',
        dataLocation: 1,
        externalData: [{ key: 'location', value: location }],
      }),
    ],
    nodes: [{ op: 'Relu', in: ['w'], out: ['y'] }],
    outputs: ['y'],
  });

beforeAll(() => {
  cwd = scratch();
  const whole = readFileSync(MLP);
  writeFileSync(join(cwd, 'nothing.onnx'), '');
  writeFileSync(join(cwd, 'cut.onnx'), whole.subarray(0, whole.length >> 1));
  writeFileSync(
    join(cwd, 'noise.onnx'),
    Uint8Array.from({ length: 4000 }, (_, i) => (i * 7919 + (i >> 3) * 31) & 255),
  );
  writeFileSync(join(cwd, 'text.onnx'), 'not a model at all\n'.repeat(40));
  mkdirSync(join(cwd, 'folder.onnx'));
  mkdirSync(join(cwd, 'deep'));
  writeFileSync(join(cwd, 'outside.bin'), new Float32Array(2));
  writeFileSync(join(cwd, 'deep/missing-data.onnx'), external('w.bin'));
  writeFileSync(join(cwd, 'deep/outside-data.onnx'), external('../outside.bin'));
  writeFileSync(join(cwd, 'deep/absolute-data.onnx'), external(join(cwd, 'outside.bin')));
  writeFileSync(join(cwd, 'model.json'), '{"modelTopology":{"node":[]}}');
  write('unknown-operator.onnx', one('Frobnicate', [3, 5]));
  write('unknown-domain.onnx', one('Relu', [3, 5], { domain: 'com.example' }));
  write('no-outputs.onnx', one('Relu', [3, 5], { output: false }));
  write('int4.onnx', one('Cast', [3, 5], { attributes: { to: int(22) } }));
  write('dynamic.onnx', one('Relu', ['batch', 5]));
  write('fixed.onnx', one('Relu', [3, 5]));
  writeSafetensors(join(cwd, 'x.safetensors'), [
    ['x', sourceOf(random([3, 5], 1))],
    ['y', sourceOf(random([3, 5], 2))],
  ]);
  writeSafetensors(join(cwd, 'y.safetensors'), [['y', sourceOf(random([3, 5], 2))]]);
});

describe('a model that is none', () => {
  it.each([
    ['missing.onnx', 'E_FILE', /missing\.onnx: cannot be read/],
    ['folder.onnx', 'E_FILE', /folder\.onnx: cannot be read/],
    ['nothing.onnx', 'E_FORMAT', /holds no graph/],
    ['cut.onnx', 'E_FORMAT', /not a ModelProto|is cut off/],
    ['noise.onnx', 'E_FORMAT', /not an ONNX file|not a ModelProto/],
    ['text.onnx', 'E_FORMAT', /not an ONNX file|not a ModelProto/],
  ])('%s is refused (%s)', async (name, code, says) => {
    await expectRefusal(['check', CLEAN, '--reference', name], code, says, cwd);
    await expectRefusal(['inspect', name], code, says, cwd);
    await expectRefusal(['record', name, '--inputs', inputs('mlp-digits'), '--out', 'o.npz'], code, says, cwd);
  });

  it.each([
    ['model.json', 'E_FORMAT', /its graph has no operators/],
    ['.', 'E_FORMAT', /model\.json: its graph has no operators/],
    [CLEAN, 'E_OPTION', /a reference is a model/],
  ])('%s as a reference is refused (%s)', (name, code, says) =>
    expectRefusal(['check', CLEAN, '--reference', name], code, says, cwd),
  );
});

describe('a model that cannot be run', () => {
  it.each([
    ['deep/missing-data.onnx', 'E_FILE', /w\.bin/],
    ['deep/outside-data.onnx', 'E_(MODEL|FORMAT|FILE)', /outside/],
    ['deep/absolute-data.onnx', 'E_(MODEL|FORMAT|FILE)', /outside\.bin/],
    ['no-outputs.onnx', 'E_MODEL', /without outputs/],
    ['unknown-operator.onnx', 'E_(REFERENCE|UNSUPPORTED)', /Frobnicate/],
    ['unknown-domain.onnx', 'E_(REFERENCE|UNSUPPORTED|MODEL)', /com\.example/],
  ])('%s is refused (%s), and the message names what is at fault', (name, code, says) =>
    expectRefusal(['check', 'x.safetensors', '--reference', name], code, says, cwd),
  );

  it('one with int4 outputs ends in an error, not in the end of the process', async () => {
    const { status, stdout, stderr } = await layerdiff(['check', 'x.safetensors', '--reference', 'int4.onnx'], { cwd });
    expect(stderr + stdout).toMatch(/int4|could not be compared|E_[A-Z]+/);
    expect(stderr).not.toMatch(/\n\s+at |internal/);
    expect(status).toBe(2);
  });

  it('one with dynamic shapes is compared for what is recorded', async () => {
    for (const name of ['dynamic.onnx', 'fixed.onnx']) {
      const { status, stdout, stderr } = await layerdiff(['check', 'x.safetensors', '--reference', name, '--json'], {
        cwd,
      });
      expect(stderr).toBe('');
      expect((JSON.parse(stdout) as Report).forward.faulty.map((s) => s.tensor)).toEqual(['y']);
      expect(status).toBe(1);
    }
  });

  it('one with dynamic shapes and no input asks for the input', () =>
    expectRefusal(
      ['check', 'y.safetensors', '--reference', 'dynamic.onnx'],
      'E_INPUT',
      /input x: the reference needs it \(float32 \[batch, 5\]\)/,
      cwd,
    ));
});

describe('inputs that are not what the model takes', () => {
  const given = (name: string, shape: readonly number[]) => {
    writeSafetensors(join(cwd, 'given.safetensors'), [
      [name, sourceOf(float32(shape, new Float32Array(shape.reduce((n, d) => n * d, 1))))],
    ]);
    return ['--inputs', 'given.safetensors'];
  };

  it('of another name are refused, with the name meant', () =>
    expectRefusal(
      ['check', 'y.safetensors', '--reference', 'fixed.onnx', ...given('X', [3, 5])],
      'E_INPUT',
      /input X: .*Did you mean "x"\?/,
      cwd,
    ));

  it('of another shape or type are refused', async () => {
    await expectRefusal(
      ['check', 'x.safetensors', '--reference', 'fixed.onnx', ...given('x', [3, 7])],
      'E_INPUT',
      /float32 \[3, 7\] was given, the reference takes float32 \[3, 5\]/,
      cwd,
    );
    await expectRefusal(
      ['check', CLEAN, '--reference', MLP, ...given('target', [16])],
      'E_INPUT',
      /float32 \[16\] was given, the reference takes int64/,
      cwd,
    );
    await expectRefusal(['record', 'fixed.onnx', '--out', 'o.npz', ...given('x', [3, 7])], 'E_INPUT', /\[3, 5\]/, cwd);
  });

  it('of other elements than the trace holds are a mismatch of that input, and nothing else is compared', async () => {
    const { status, stdout } = await layerdiff(
      ['check', 'x.safetensors', '--reference', 'fixed.onnx', '--json', ...given('x', [3, 5])],
      { cwd },
    );
    const report = JSON.parse(stdout) as Report;
    expect(report.forward.faulty).toMatchObject([{ tensor: 'x', op: 'Input', cause: null }]);
    expect(report.tensors).toHaveLength(1);
    expect(status).toBe(1);
  });

  it('that are missing for a record are asked for', () =>
    expectRefusal(['record', MLP, '--inputs', 'y.safetensors', '--out', 'o.npz'], 'E_INPUT', /input|\by\b/, cwd));
});
