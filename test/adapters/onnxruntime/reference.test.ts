import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { int } from '../../../adapters/onnx/rule.ts';
import { openOnnxReference, referenceOf } from '../../../adapters/onnxruntime/index.ts';
import { placeFor, riskOf } from '../../../adapters/onnxruntime/risk.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Reference, ReplayRequest } from '../../../harness/types/adapter.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';
import { answersOf, errorOf, goldens, modelOf, numbersFrom, tensorFrom } from './_support.ts';

const LENET = `${goldens}lenet-digits/`;
const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = (tensors: Record<string, Tensor>) =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

describe('a request that does not fit the model is refused by name:', () => {
  let reference: Reference;
  const inputs = readTensors(`${LENET}inputs.safetensors`);
  beforeAll(async () => {
    reference = await openOnnxReference(`${LENET}model.onnx`);
  });
  afterAll(() => reference.release());
  const x = sourceOf(tensorFrom(1, 'float32', [8, 1, 8, 8]));
  const target = inputs.get('target') as typeof x;

  it.each([
    [
      'a missing input',
      { inputs: new Map([['input', x]]) },
      'E_INPUT  target: expected int64 [8], and it was not given. Give every input of the model.',
    ],
    [
      'a misspelt input',
      { inputs: new Map([['imput', x]]) },
      'E_INPUT  imput: the model has no such input. Did you mean "input"? Its inputs are: input, target.',
    ],
    [
      'an input of another shape',
      {
        inputs: new Map([
          ['input', sourceOf(tensorFrom(1, 'float32', [8, 1, 8, 7]))],
          ['target', target],
        ]),
      },
      'E_INPUT  input: expected float32 [8, 1, 8, 8], was given float32 [8, 1, 8, 7]. Give the type and shape that the model declares.',
    ],
    [
      'an input of another type',
      {
        inputs: new Map([
          ['input', x],
          ['target', sourceOf(tensorFrom(1, 'int32', [8]))],
        ]),
      },
      'E_INPUT  target: expected int64 [8], was given int32 [8]. Give the type and shape that the model declares.',
    ],
    [
      'an unknown wanted value',
      { inputs, wantValues: ['/net/Relu_output_O'] },
      'E_INPUT  /net/Relu_output_O: the model has no such tensor. Did you mean "/net/Relu_output_0"? Its tensors are: ',
    ],
    [
      'an unknown recorded gradient',
      { inputs, gradients: new Map([['nowhere', x]]) },
      'E_INPUT  nowhere: the model has no such tensor. Its tensors are: ',
    ],
    [
      'a recorded value of another shape',
      { inputs, values: sources({ output: tensorFrom(1, 'float32', [10, 8]) }), wantValues: ['loss'] },
      "E_SHAPE  output: the recorded tensor has the shape [10, 8], the network's has [8, 10]. ",
    ],
    [
      'a recorded gradient of another shape',
      { inputs, gradients: sources({ output: tensorFrom(1, 'float32', [10, 8]) }), wantGradients: ['input'] },
      'E_SHAPE  output: the recorded gradient has the shape [10, 8], its tensor [8, 10]. ',
    ],
    [
      'gradients without a loss',
      { inputs, wantGradients: ['input'] },
      "E_LOSS  loss: gradients are wanted, and there is neither a loss nor a recorded gradient to start from. Name the scalar to differentiate. The model's outputs are: loss, output.",
    ],
    [
      'an unknown loss',
      { inputs, wantGradients: ['input'], loss: 'los' },
      "E_LOSS  los: the model has no such tensor. The model's outputs are: loss, output.",
    ],
    [
      'a loss that is no scalar',
      { inputs, wantGradients: ['input'], loss: 'output' },
      'E_LOSS  output: the loss has to be one float number, but this is float32 [8, 10]. ',
    ],
  ] as [string, Partial<ReplayRequest>, string][])('%s', async (_, request, message) => {
    const error = await errorOf(answersOf(reference, request));
    expect(error.message.slice(0, message.length)).toBe(message);
  });
});

describe('a reference', () => {
  it('describes every tensor for the inputs at hand, where the model leaves shapes open', async () => {
    const builder = new GraphBuilder('open', 17);
    builder.input('x', 'float32', ['batch', 3]);
    builder.node('Relu', ['x'], {}, { outputNames: ['y'] });
    builder.nodes('TopK', ['y', builder.initializer('k', int64([1], [2]))], {}, { outputNames: ['top', 'which'] });
    builder.output('top');
    const reference = await referenceOf(modelOf(builder), 'open');
    const described = await reference.describe(sources({ x: tensorFrom(3, 'float32', [5, 3]) }));
    expect(Object.fromEntries(described)).toEqual({
      x: { dtype: 'float32', shape: [5, 3] },
      k: { dtype: 'int64', shape: [1] },
      y: { dtype: 'float32', shape: [5, 3] },
      top: { dtype: 'float32', shape: [5, 2] },
      which: { dtype: 'int64', shape: [5, 2] },
    });
  });

  it('sees other shapes and other integers where the inputs are others', async () => {
    const builder = new GraphBuilder('fold', 17);
    builder.input('x', 'float32', ['n']);
    builder.input('to', 'int64', [2]);
    builder.output(builder.node('Reshape', ['x', 'to'], {}, { outputNames: ['y'] }));
    const reference = await referenceOf(modelOf(builder), 'fold');
    const shapeFor = async (n: number, to: number[]) =>
      (await reference.describe(sources({ x: tensorFrom(3, 'float32', [n]), to: int64([2], to) }))).get('y')?.shape;
    expect(await shapeFor(6, [2, 3])).toEqual([2, 3]);
    expect(await shapeFor(6, [3, 2])).toEqual([3, 2]);
    expect(await shapeFor(15, [3, 5])).toEqual([3, 5]);
  });

  it('sees other shapes where they follow from the elements of a float', async () => {
    const builder = new GraphBuilder('unique', 17);
    builder.input('x', 'float32', [4]);
    builder.output(builder.node('Unique', ['x'], {}, { outputNames: ['y'] }));
    const reference = await referenceOf(modelOf(builder), 'unique');
    const shapeFor = async (x: number[]) => (await reference.describe(sources({ x: float32([4], x) }))).get('y')?.shape;
    expect(await shapeFor([1, 2, 2, 1])).toEqual([2]);
    expect(await shapeFor([1, 2, 3, 1])).toEqual([3]);
  });

  it('gives zeros where nothing leads from a tensor to the loss', async () => {
    const builder = new GraphBuilder('aside', 17);
    builder.input('x', 'float32', [3]);
    builder.input('aside', 'float32', [2]);
    builder.output(builder.node('ReduceSum', ['x'], { keepdims: int(0) }, { outputNames: ['loss'] }));
    builder.output(builder.node('Neg', ['aside'], {}, { outputNames: ['unused'] }));
    const reference = await referenceOf(modelOf(builder), 'aside');
    const inputs = sources({ x: tensorFrom(3, 'float32', [3]), aside: tensorFrom(4, 'float32', [2]) });
    const answers = await answersOf(reference, {
      inputs,
      loss: 'loss',
      wantGradients: ['x', 'aside', 'unused', 'loss'],
    });
    expect(answers.get('backward aside')).toEqual(float32([2], [0, 0]));
    expect(answers.get('backward unused')).toEqual(float32([2], [0, 0]));
    expect(answers.get('backward x')).toEqual(float32([3], [1, 1, 1]));
    expect(answers.get('backward loss')).toEqual(float32([], [1]));
  });

  it('leaves the running statistics that it was given as they were', async () => {
    const builder = new GraphBuilder('batch', 17);
    builder.input('x', 'float32', [7, 3]);
    const names = ['scale', 'bias', 'mean', 'variance'];
    for (const name of names) builder.input(name, 'float32', [3]);
    builder.nodes(
      'BatchNormalization',
      ['x', 'scale', 'bias', 'mean', 'variance'],
      { training_mode: int(1) },
      { outputNames: ['y', 'new mean', 'new variance'] },
    );
    builder.output('y');
    const reference = await referenceOf(modelOf(builder), 'batch');
    const tensors: Record<string, Tensor> = { x: tensorFrom(9, 'float32', [7, 3]) };
    names.forEach((name, k) => {
      tensors[name] = tensorFrom(k, 'float32', [3]);
    });
    const before = structuredClone(tensors);
    const first = await answersOf(reference, { inputs: sources(tensors), wantValues: ['y', 'new mean'] });
    expect(tensors).toEqual(before);
    expect(toNumbers(first.get('forward new mean') as Tensor)).not.toEqual(toNumbers(tensors['mean'] as Tensor));
    expect(await answersOf(reference, { inputs: sources(tensors), wantValues: ['y', 'new mean'] })).toEqual(first);
  });

  it('rounds a recorded value of another float type to the type of the network', async () => {
    const builder = new GraphBuilder('types', 17);
    builder.input('x', 'float32', [4]);
    builder.output(
      builder.node('Neg', [builder.node('Neg', ['x'], {}, { outputNames: ['h'] })], {}, { outputNames: ['y'] }),
    );
    const reference = await referenceOf(modelOf(builder), 'types');
    const recorded = numbersFrom(8, 4).map((v) => v + 1e-12);
    const inputs = sources({ x: float32([4], [0, 0, 0, 0]) });
    const values = sources({ h: fromNumbers('float64', [4], recorded) });
    const answers = await answersOf(reference, { inputs, values, wantValues: ['y'] });
    expect(answers.get('forward y')).toEqual(
      float32(
        [4],
        recorded.map((v) => -v),
      ),
    );
  });

  it.each(['float16', 'bfloat16'] as const)(
    'computes gradients of %s networks in float32, rounded once at the end',
    async (dtype) => {
      const batch = 5;
      const builder = new GraphBuilder(dtype, 17);
      builder.input('x', 'float32', [batch, 3]);
      const half = builder.node('Cast', ['x'], { to: int(dtype === 'float16' ? 10 : 16) }, { outputNames: ['half'] });
      // float16 and bfloat16 have few kernels on the CPU: what moves elements has them all.
      const folded = builder.node(
        'Reshape',
        [half, builder.initializer('to', int64([2], [3, batch]))],
        {},
        { outputNames: ['folded'] },
      );
      builder.output(builder.node('Cast', [folded], { to: int(1) }, { outputNames: ['y'] }));
      const reference = await referenceOf(modelOf(builder), dtype);
      const x = tensorFrom(5, 'float32', [batch, 3]);
      const dy = tensorFrom(6, 'float32', [3, batch]);
      const rounded = (shape: number[], t: Tensor) => fromNumbers(dtype as DataType, shape, toNumbers(t));
      const request = {
        inputs: sources({ x }),
        gradients: sources({ y: dy }),
        wantValues: ['half', 'folded', 'y'],
        wantGradients: ['x', 'half', 'folded'],
      };
      const answers = await answersOf(reference, request);
      expect(answers.get('forward half')).toEqual(rounded([batch, 3], x));
      expect(answers.get('forward folded')).toEqual(rounded([3, batch], x));
      expect(answers.get('backward folded')).toEqual(rounded([3, batch], dy));
      expect(answers.get('backward half')).toEqual(rounded([batch, 3], dy));
      expect(answers.get('backward x')).toEqual({ ...dy, shape: [batch, 3] });
      const local = await answersOf(reference, { ...request, values: sources({ half: rounded([batch, 3], x) }) });
      expect(local).toEqual(answers);
    },
  );

  it('runs operators of other domains in a process of their own, and learns their types there', async () => {
    const builder = new GraphBuilder(
      'foreign',
      new Map([
        ['', 17],
        ['com.microsoft', 1],
      ]),
    );
    builder.input('x', 'float32', [3]);
    builder.output(builder.node('Gelu', ['x'], {}, { domain: 'com.microsoft', outputNames: ['y'] }));
    const model = modelOf(builder);
    expect(riskOf(model.graph)).toBe('operator com.microsoft.Gelu');
    expect(placeFor(model.graph)).toBe('process');
    const reference = await referenceOf(model, 'foreign');
    const answers = await answersOf(reference, { inputs: sources({ x: float32([3], [-1, 0, 1]) }), wantValues: ['y'] });
    await reference.release();
    const y = toNumbers(answers.get('forward y') as Tensor);
    // x Φ(x), with Φ(1) from a table.
    [-0.158655254, 0, 0.841344746].forEach((expected, i) => expect(y[i]).toBeCloseTo(expected, 6));
  });

  it('says of a tensor that cannot be had why, and gives the others', async () => {
    const builder = new GraphBuilder('sequence', 17);
    builder.input('x', 'float32', [4]);
    const pieces = builder.node('SplitToSequence', ['x'], {}, { outputNames: ['pieces'] });
    builder.output(builder.node('ConcatFromSequence', [pieces], { axis: int(0) }, { outputNames: ['y'] }));
    const reference = await referenceOf(modelOf(builder), 'sequence');
    const inputs = sources({ x: float32([4], [1, 2, 3, 4]) });
    expect((await answersOf(reference, { inputs, wantValues: ['y'] })).get('forward y')).toEqual(
      float32([4], [1, 2, 3, 4]),
    );
    const error = await errorOf(answersOf(reference, { inputs, wantValues: ['pieces'] }));
    expect(error.message).toMatch(/^E_UNSUPPORTED {2}pieces: its type \(sequence\) has no elements to compare\./);
  });
});

describe('ONNX Runtime', () => {
  it('prints nothing of its own when a model or a run fails', () => {
    const script = `
      import { loadRuntime, openSession } from './adapters/onnxruntime/runtime.mjs';
      import { readFileSync } from 'node:fs';
      const runtime = await loadRuntime();
      await openSession(runtime, new Uint8Array([1, 2])).catch(() => {});
      const session = await openSession(runtime, readFileSync('test/data/goldens/gpt-text/model.onnx'));
      session.feed(session.inputs.map(({ name, type, shape }) => ({ name, type, dims: shape, data: new BigInt64Array(22).fill(9999n) })));
      await session.fetch(['loss']).catch((error) => console.log('failed: ' + error.message.split(':')[0]));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ stdout, stderr }).toEqual({
      stdout: 'failed: Non-zero status code returned while running Gather node. Name\n',
      stderr: '',
    });
  });
});

const built = `${root}dist/adapters/onnxruntime/index.js`;
(existsSync(built) ? describe : describe.skip)('the built package', () => {
  it.each(['here', 'thread', 'process'])('runs a model %s, and leaves nothing running', (place) => {
    const script = `
      import { openOnnxReference } from './dist/adapters/onnxruntime/index.js';
      import { readTensors } from './dist/adapters/trace/index.js';
      const reference = await openOnnxReference('${LENET}model.onnx', { place: '${place}' });
      const inputs = readTensors('${LENET}inputs.safetensors');
      const none = new Map();
      const request = { inputs, values: none, gradients: none, loss: 'loss', wantValues: ['loss'], wantGradients: ['net.conv1.bias'] };
      for await (const { name, tensor } of reference.replay(request)) console.log(name, tensor.shape.join());
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'loss \nnet.conv1.bias 8\n', stderr: '' });
  });
});
