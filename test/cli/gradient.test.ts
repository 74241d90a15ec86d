import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { decodeModel, GraphBuilder, loadModel } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { runModel } from '../../adapters/onnxruntime/index.ts';
import { openTrace, readTensors } from '../../adapters/trace/index.ts';
import { differentiated } from '../../cli/gradients/differentiated.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Tensor, TensorSource } from '../../harness/types/tensor.ts';

const goldens = fileURLToPath(new URL('../data/goldens/', import.meta.url));
const networks = readdirSync(goldens, { withFileTypes: true }).flatMap((entry) =>
  entry.isDirectory() ? [entry.name] : [],
);

const distance = (a: Float64Array, b: Float64Array): number => Math.hypot(...a.map((x, i) => x - (b[i] as number)));
const read = (sources: ReadonlyMap<string, TensorSource>) =>
  new Map([...sources].map(([name, source]) => [name, source.read()]));
const model = (graph: Graph) => ({ graph, irVersion: 10, producer: '' });
const sources = (tensors: Readonly<Record<string, Tensor>>) =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

/** Runs a written model by itself, as anybody would. */
async function outputsOf(bytes: Uint8Array, inputs: ReadonlyMap<string, Tensor>) {
  const { graph } = decodeModel(bytes, { place: 'written', directory: null });
  const names = graph.outputs.map(({ name }) => name);
  return { graph, outputs: await runModel(bytes, inputs, names) };
}

describe('the model that "layerdiff gradient" writes', () => {
  it.each(networks)("gives PyTorch's gradients of %s, in ONNX Runtime alone", async (name) => {
    const inputs = readTensors(`${goldens}${name}/inputs.safetensors`);
    const golden = openTrace(`${goldens}${name}/golden.safetensors`);
    const original = loadModel(`${goldens}${name}/model.onnx`);
    const { bytes, told } = await differentiated(original, inputs, 'loss');
    const { graph, outputs } = await outputsOf(bytes, read(inputs));
    expect(graph.outputs.slice(0, original.graph.outputs.length).map((output) => output.name)).toEqual(
      original.graph.outputs.map((output) => output.name),
    );
    const parameters = [...golden.gradients].filter(([tensor]) => original.graph.initializers.has(tensor));
    expect(parameters.length).toBeGreaterThan(4);
    // A sum that cancels (the bias of a key before softmax) has no digits of its own: the largest gradient is the unit of its rounding.
    const norms = parameters.map(([, source]) => Math.hypot(...toNumbers(source.read())));
    const floor = 1e-6 * Math.max(...norms);
    for (const [tensor, source] of parameters) {
      const expected = toNumbers(source.read());
      const output = outputs.get(`gradient/${tensor}`);
      // What leads nowhere (the running statistics of training) has no output, and is named.
      if (output === undefined)
        expect([tensor, Math.hypot(...expected), told.join().includes(tensor)]).toEqual([tensor, 0, true]);
      if (output === undefined) continue;
      const found = toNumbers(output);
      const close = distance(found, expected) <= 1e-4 * Math.hypot(...expected) + floor;
      expect([tensor, close]).toEqual([tensor, true]);
    }
  });

  it('begins at inputs where the network has no scalar', async () => {
    const b = new GraphBuilder('two', 17);
    const x = b.input('x', 'float32', ['n', 3]);
    b.output(b.node('Tanh', [x], {}, { outputNames: ['a'] }), 'float32', ['n', 3]);
    b.output(b.node('Mul', [x, b.initializer('w', float32([3], [2, 3, 5]))], {}, { outputNames: ['c'] }), 'float32', [
      'n',
      3,
    ]);
    const fed = { x: float32([2, 3], [0.1, 0.2, 0.3, -0.4, -0.5, 0.6]) };
    const { bytes, told } = await differentiated(model(b.graph()), sources(fed), null);
    expect(told.join('\n')).toMatch(/starting from the inputs seed\/a, seed\/c/);
    const seeds = { 'seed/a': float32([2, 3], [1, -2, 3, 1, 5, 2]), 'seed/c': float32([2, 3], [4, 1, -1, 2, 2, 7]) };
    const { outputs } = await outputsOf(bytes, new Map(Object.entries({ ...fed, ...seeds })));
    const [at, da, dc] = [toNumbers(fed.x), toNumbers(seeds['seed/a']), toNumbers(seeds['seed/c'])];
    const found = toNumbers(outputs.get('gradient/x') as Tensor);
    at.forEach((value, i) => {
      const expected =
        (da[i] as number) * (1 - Math.tanh(value) ** 2) + (dc[i] as number) * ([2, 3, 5][i % 3] as number);
      expect(found[i]).toBeCloseTo(expected, 5);
    });
  });

  it('gives half-precision gradients in their own type, computed in float32', async () => {
    const b = new GraphBuilder('half', 17);
    const w = b.initializer('w', fromNumbers('float16', [3, 2], [1, 2, 3, 4, 5, 6]));
    const y = b.node('MatMul', [b.input('x', 'float16', [1, 3]), w], {}, { outputNames: ['y'] });
    b.output(
      b.node('ReduceSum', [b.node('Mul', [y, y])], { keepdims: int(0) }, { outputNames: ['loss'] }),
      'float16',
      [],
    );
    const x = fromNumbers('float16', [1, 3], [0.5, -1, 0.25]);
    const { bytes } = await differentiated(model(b.graph()), sources({ x }), null);
    const { outputs } = await outputsOf(bytes, new Map([['x', x]]));
    const gradient = outputs.get('gradient/w') as Tensor;
    expect(gradient.dtype).toBe('float16');
    // y = (−1.25, −1.5); d loss / d w = xᵀ 2y
    expect([...toNumbers(gradient)]).toEqual([-1.25, -1.5, 2.5, 3, -0.625, -0.75]);
  });

  it('leaves out what cannot be had, and says so', async () => {
    const b = new GraphBuilder('frozen', 17);
    const part = b.node('Slice', [
      b.input('x', 'float32', [5]),
      b.input('from', 'int64', [1]),
      b.initializer('end', int64([1], [5])),
    ]);
    const joined = b.nodes(
      'SequenceConstruct',
      [b.input('z', 'float32', [2]), 'z'],
      {},
      { outputNames: ['list'] },
    )[0] as string;
    const flat = b.node('ConcatFromSequence', [joined], { axis: int(0) }, { name: 'join' });
    const parts = [part, flat].map((name) => b.node('ReduceSum', [name], { keepdims: int(0) }));
    b.output(b.node('Add', parts, {}, { outputNames: ['loss'] }), 'float32', []);
    const fed = { x: float32([5], [1, 2, 3, 4, 5]), from: int64([1], [2]), z: float32([2], [1, 2]) };
    const { bytes, told } = await differentiated(model(b.graph()), sources(fed), 'loss');
    expect(told.join('\n')).toMatch(/1 gradients of loss/);
    expect(told.join('\n')).toMatch(/Without output: z\. E_NO_GRADIENT {2}join/);
    const { outputs } = await outputsOf(bytes, new Map(Object.entries(fed)));
    expect([...toNumbers(outputs.get('gradient/x') as Tensor)]).toEqual([0, 0, 1, 1, 1]);
  });

  it('says which elements it holds for', async () => {
    const b = new GraphBuilder('frozen', 17);
    const y = b.node('Pad', [b.input('x', 'float32', [3]), b.input('pads', 'int64', [2])]);
    b.output(b.node('ReduceSumSquare', [y], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
    const fed = { x: float32([3], [1, 2, 3]), pads: int64([2], [1, 0]) };
    const { told } = await differentiated(model(b.graph()), sources(fed), 'loss');
    expect(told.join()).toMatch(/Valid only for the present elements of pads/);
  });

  it('keeps a newer operator set than that of its backward nodes', async () => {
    const b = new GraphBuilder('new', 24);
    const y = b.node('Swish', [b.input('x', 'float32', [3])]);
    b.output(b.node('ReduceSum', [y], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
    const x = float32([3], [-1, 0.5, 2]);
    const { bytes } = await differentiated(model(b.graph()), sources({ x }), null);
    const { graph, outputs } = await outputsOf(bytes, new Map([['x', x]]));
    expect(graph.opset.get('')).toBe(24);
    const s = (v: number): number => 1 / (1 + Math.exp(-v));
    [-1, 0.5, 2].forEach((v, i) => {
      expect(toNumbers(outputs.get('gradient/x') as Tensor)[i]).toBeCloseTo(s(v) * (1 + v * (1 - s(v))), 5);
    });
  });

  it('is refused where it cannot be one file, has no scalar, or no gradient at all', async () => {
    const huge = new GraphBuilder('huge', 17);
    const shape = [2 ** 15, 2 ** 14];
    const never = (): Tensor => {
      throw new Error('weights are not read to be counted');
    };
    huge.output(
      huge.node('Gather', [
        huge.initializer('w', { dtype: 'float32', shape, read: never }),
        huge.input('i', 'int64', [1]),
      ]),
    );
    await expect(differentiated(model(huge.graph()), sources({ i: int64([1], [0]) }), null)).rejects.toThrow(
      /E_LIMIT.*2\.0 GiB/,
    );
    const whole = new GraphBuilder('whole', 17);
    whole.output(whole.node('ArgMax', [whole.input('x', 'float32', [3])], { axis: int(0) }, { outputNames: ['y'] }));
    const fed = sources({ x: float32([3], [1, 2, 3]) });
    await expect(differentiated(model(whole.graph()), fed, null)).rejects.toThrow(/E_LOSS {2}y: .*no output of floats/);
    const sequence = new GraphBuilder('sequence', 17);
    const list = sequence.node('SplitToSequence', [sequence.input('x', 'float32', [3])]);
    sequence.output(sequence.node('ConcatFromSequence', [list], { axis: int(0) }, { outputNames: ['y'] }));
    await expect(differentiated(model(sequence.graph()), fed, null)).rejects.toThrow(/E_NO_GRADIENT/);
  });
});
