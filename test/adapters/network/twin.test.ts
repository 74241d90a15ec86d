import { describe, expect, it } from '@jest/globals';
import { type Network, networkSubject, type Operator } from '../../../adapters/network/index.ts';
import { twin } from '../../../adapters/network/twin.ts';
import { twinReference } from '../../../adapters/network/twin-reference.ts';
import { decodeModel, encodeModel, loadModel } from '../../../adapters/onnx/index.ts';
import { referenceOf } from '../../../adapters/onnxruntime/index.ts';
import { readTensors } from '../../../adapters/trace/index.ts';
import lenet from '../../../examples/lenet.ts';
import buggy from '../../../examples/lenet-with-a-bug.ts';
import { check } from '../../../harness/check.ts';
import { toNumbers, int64, sourceOf, float32 } from '../../../harness/tensor.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';
import { twins } from '../../../models/twins/index.ts';

const conv = (name: string): Operator => ({
  type: 'Conv',
  inputs: [name === 'conv1' ? 'input' : 'pool1', `${name}.weight`, `${name}.bias`],
  attributes: { pads: [1, 1, 1, 1] },
});
const gemm = (name: string, input: string): Operator => ({
  type: 'Gemm',
  inputs: [input, `${name}.weight`, `${name}.bias`],
  attributes: { transB: 1, alpha: 1, beta: 1 },
});
const relu: Operator = { type: 'Relu' };
const pool: Operator = { type: 'MaxPool', attributes: { kernel_shape: [2, 2], strides: [2, 2] } };
const OPERATORS: Readonly<Record<string, Operator | readonly Operator[]>> = {
  conv1: conv('conv1'),
  relu1: relu,
  pool1: pool,
  conv2: conv('conv2'),
  relu2: relu,
  pool2: pool,
  flat: { type: 'Flatten' },
  fc1: gemm('fc1', 'flat'),
  relu3: relu,
  fc2: gemm('fc2', 'relu3'),
  loss: { type: 'SoftmaxCrossEntropyLoss', attributes: { reduction: 'mean' } },
};
const described = (network: Network): Network => ({
  ...network,
  layers: (network.layers ?? []).map((layer) => ({ ...layer, op: OPERATORS[layer.name] ?? [] })),
});
const inputs = readTensors(twins.lenet.inputs);
const nothing = { values: new Map(), gradients: new Map(), wantGradients: [] as string[] };

/** Every value and gradient of a graph, in ONNX Runtime. */
async function run(graph: Graph, wantValues: readonly string[], wantGradients: readonly string[]) {
  const reference = await referenceOf({ graph, irVersion: 10, producer: '' }, 'x');
  const found = new Map<string, Float64Array>();
  try {
    const request = { ...nothing, inputs, loss: 'loss', wantValues, wantGradients };
    for await (const { name, direction, tensor } of reference.replay(request)) {
      found.set(`${direction} ${name}`, toNumbers(tensor));
    }
  } finally {
    await reference.release();
  }
  return found;
}

describe('the twin of a described LeNet', () => {
  it("is, on the golden weights, what ONNX Runtime computes for PyTorch's export, forward and backward, bit by bit", async () => {
    const exported = loadModel(twins.lenet.model).graph;
    const graph = await twin(described(lenet), inputs, { parameters: exported.initializers });
    const mine = await run(graph, ['conv1', 'pool2', 'output', 'loss'], ['net.conv1.weight', 'conv2', 'net.fc1.bias']);
    const theirs = {
      conv1: '/net/conv1/Conv_output_0',
      pool2: '/net/pool_1/MaxPool_output_0',
      conv2: '/net/conv2/Conv_output_0',
    };
    const expected = await run(
      exported,
      [theirs.conv1, theirs.pool2, 'output', 'loss'],
      ['net.conv1.weight', theirs.conv2, 'net.fc1.bias'],
    );
    expect(mine.size).toBe(7);
    for (const [key, numbers] of mine) {
      const [direction, name] = key.split(' ') as [string, string];
      expect([key, expected.get(`${direction} ${theirs[name as 'conv1'] ?? name}`)]).toEqual([key, numbers]);
    }
  });

  it('is matched by the network, with parameters drawn where the network has none yet', async () => {
    const report = await checkAgainstTwin(described(lenet));
    expect([report.outcome, report.unseen]).toEqual(['match', []]);
    expect(report.tensors.filter(({ verdict }) => verdict !== 'match')).toEqual([]);
    expect(report.tensors.length).toBeGreaterThan(30);
  });

  it('finds the layer that has a bug', async () => {
    const report = await checkAgainstTwin(described(buggy));
    expect(report.outcome).toBe('mismatch');
    expect(report.forward.firstDivergence).toMatchObject({ tensor: 'conv2', layer: 'conv2', op: 'Conv' });
    expect(report.forward.faulty).toHaveLength(1);
  });

  it('can be kept as a model file', async () => {
    const graph = await twin(described(lenet), inputs);
    const model = decodeModel(encodeModel(graph, { inline: () => true }), { place: 'twin', directory: null });
    expect(model.graph.nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op));
    expect([...model.graph.initializers.keys()].toSorted()).toEqual([...graph.initializers.keys()].toSorted());
  });
});

describe('a description', () => {
  const x = new Map([['x', sourceOf(float32([2, 3], [1, -2, 3, -4, 5, -6]))]]);
  const layer = (op: Operator | readonly Operator[], more: object = {}): Network => ({
    name: 'n',
    layers: [{ name: 'l', forward: () => 0, op, ...more }],
  });
  const value = async (network: Network, given: ReadonlyMap<string, TensorSource> = x) => {
    const graph = await twin(network, given);
    const reference = await referenceOf({ graph, irVersion: 10, producer: '' }, 'x');
    const request = { ...nothing, inputs: given, loss: null, wantValues: ['l'] };
    for await (const { tensor } of reference.replay(request)) return [...toNumbers(tensor)];
    return null;
  };

  it('may be several operators in a row, with constants, and outputs of its own', async () => {
    expect(await value(layer([{ type: 'Relu' }, { type: 'Neg' }]))).toEqual([-1, -0, -3, -0, -5, -0]);
    expect(await value(layer({ type: 'Reshape', inputs: ['x', int64([1], [6])] }))).toEqual([1, -2, 3, -4, 5, -6]);
    const branch: Operator[] = [
      { type: 'Relu', outputs: ['up'] },
      { type: 'Add', inputs: ['up', 'x'] },
    ];
    expect(await value(layer(branch))).toEqual([2, -2, 6, -4, 10, -6]);
  });

  it('takes a whole number for a float where the attribute is one', async () => {
    expect(await value(layer({ type: 'LeakyRelu', attributes: { alpha: 2 } }))).toEqual([1, -4, 3, -8, 5, -12]);
    const outright = { type: 'LeakyRelu', attributes: { alpha: { kind: 'float', value: 0.5 } } } as const;
    expect(await value(layer(outright))).toEqual([1, -1, 3, -2, 5, -3]);
  });

  it('reads the layer’s parameters where it does not say what it reads; a bias of 0 is drawn, unless that is refused', async () => {
    const parameters = { b: { data: new Float32Array(3), shape: [3] } };
    const network = { ...layer({ type: 'Add' }, { parameters: ['b'] }), parameters };
    const drawn = await twin(network, x);
    expect(drawn.nodes[0]?.inputs).toEqual(['x', 'b']);
    expect([...toNumbers(drawn.initializers.get('b')!.read())].every((v) => v !== 0)).toBe(true);
    expect(await twin(network, x)).toMatchObject({ nodes: drawn.nodes });
    const kept = await twin(network, x, { draw: null });
    expect([...toNumbers(kept.initializers.get('b')!.read())]).toEqual([0, 0, 0]);
  });

  it('that is missing or cannot be is refused with the name of the layer', async () => {
    await expect(twin({ name: 'n', layers: [{ name: 'mystery', forward: () => 0 }] }, x)).rejects.toThrow(
      /E_UNSUPPORTED.*"mystery".*op/,
    );
    await expect(twin({ name: 'n', run: () => {} }, x)).rejects.toThrow(/E_UNSUPPORTED.*no layers/);
    await expect(twin(layer({ type: 'Relu', inputs: ['y'] }), x)).rejects.toThrow(/E_SUBJECT.*"l".*reads "y"/);
    await expect(twin(layer({ type: 'Relu', outputs: ['z'] }), x)).rejects.toThrow(
      /E_UNSUPPORTED.*"l".*does not write "l"/,
    );
    const odd = { type: 'Relu', attributes: { a: null as never } };
    await expect(twin(layer(odd), x)).rejects.toThrow(/E_UNSUPPORTED.*"l".*Relu's attribute "a"/);
    await expect(twin({ ...layer({ type: 'Relu' }), inputs: ['y'] }, x)).rejects.toThrow(/E_INPUT.*"y"/);
    await expect(value(layer({ type: 'Rellu' }))).rejects.toThrow(/Rellu/);
  });

  it('of a trace is refused', async () => {
    const trace = { name: 't', kind: 'trace', producer: null, runs: false } as const;
    const subject = { ...trace, run: () => Promise.reject(new Error('unused')), release: async () => {} };
    await expect(twinReference(twin(), subject, x)).rejects.toThrow(/E_UNSUPPORTED.*layers of a network/);
  });
});

async function checkAgainstTwin(network: Network) {
  const subject = networkSubject({ ...network, names: {} }, network.name);
  const reference = await twinReference(twin(), subject, inputs);
  try {
    return await check(subject, reference, { inputs, twice: false });
  } finally {
    await reference.release();
  }
}
