import { describe, expect, it } from '@jest/globals';
import { differentiate } from '../../../../adapters/onnx/differentiate.ts';
import { GraphBuilder, encodeModel } from '../../../../adapters/onnx/index.ts';
import { float, int, ints, text } from '../../../../adapters/onnx/rule.ts';
import { runModel } from '../../../../adapters/onnxruntime/index.ts';
import { float32, fromNumbers, int64, toNumbers } from '../../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../../harness/types/tensor.ts';
import { backward, errorsOf, randn } from './layer-law.ts';

function nodeOf(
  op: string,
  feeds: ReadonlyMap<string, Tensor>,
  outputs: readonly string[],
  attributes: Attributes,
): Graph {
  const builder = new GraphBuilder('limits', 21);
  const inputs = [...feeds].map(([name, { dtype, shape }]) => builder.input(name, dtype, shape));
  builder.nodes(op, inputs, attributes, { outputNames: outputs, name: 'node' });
  for (const name of outputs) builder.output(name);
  return builder.graph();
}

const bool = (value: boolean): Tensor => fromNumbers('bool', [], [value ? 1 : 0]);

async function dropoutGradient(training: boolean, outputs: readonly string[], ratio: number) {
  const feeds = new Map([
    ['x', randn([7, 11], 3)],
    ['ratio', float32([], [ratio])],
    ['training', bool(training)],
  ]);
  const graph = nodeOf('Dropout', feeds, outputs, { seed: int(5) });
  const values = new Map([...feeds, ...(await runModel(encodeModel(graph), feeds, outputs))]);
  const dy = randn([7, 11], 4);
  const found = await backward(graph, values, new Map([['y', dy]]), ['x'], new Set(['ratio']));
  return { dy: toNumbers(dy), mask: values.get('mask'), dx: toNumbers(found.get('x') as Tensor) };
}

describe('the gradient of Dropout', () => {
  it('is dy scaled up where the forward run kept an element, and 0 where it dropped one', async () => {
    const { dy, mask, dx } = await dropoutGradient(true, ['y', 'mask'], 0.375);
    const kept = toNumbers(mask as Tensor);
    expect([...new Set(kept)].toSorted()).toEqual([0, 1]);
    expect([...dx]).toEqual([...dy].map((d, k) => Math.fround(d * Math.fround((kept[k] as number) / 0.625))));
  });

  it('is dy itself in evaluation mode', async () => {
    const { dy, dx } = await dropoutGradient(false, ['y'], 0.375);
    expect([...dx]).toEqual([...dy]);
  });

  it('is dy itself where nothing is dropped', async () => {
    const { dy, dx } = await dropoutGradient(true, ['y'], 0);
    expect([...dx]).toEqual([...dy]);
  });

  it('is refused in training mode without a mask, because what was dropped cannot be read', async () => {
    await expect(dropoutGradient(true, ['y'], 0.375)).rejects.toMatchObject({ code: 'E_NO_GRADIENT', place: 'node' });
  });
});

/** ONNX Runtime runs recurrent nodes with time first only: with the batch first, the gradients have to be the transposed ones. */
describe.each(['LSTM', 'GRU', 'RNN'] as const)('the gradient of %s with the batch first', (op) => {
  const [steps, batch, inputs, hidden] = [3, 2, 5, 4];
  const rows = { LSTM: 4, GRU: 3, RNN: 1 }[op] * hidden;
  const shapes: [string, Shape][] = [
    ['x', [steps, batch, inputs]],
    ['w', [2, rows, inputs]],
    ['r', [2, rows, hidden]],
    ['b', [2, 2 * rows]],
    ['lengths', [batch]],
    ['h', [2, batch, hidden]],
    ...(op === 'LSTM' ? ([['c', [2, batch, hidden]]] as [string, Shape][]) : []),
  ];
  const outputs: [string, Shape][] = [
    ['y', [steps, 2, batch, hidden]],
    ['yh', [2, batch, hidden]],
    ...(op === 'LSTM' ? ([['yc', [2, batch, hidden]]] as [string, Shape][]) : []),
  ];
  const first: Readonly<Record<string, readonly number[]>> = {
    x: [1, 0, 2],
    h: [1, 0, 2],
    c: [1, 0, 2],
    y: [2, 0, 1, 3],
    yh: [1, 0, 2],
    yc: [1, 0, 2],
  };

  async function gradients(batchFirst: boolean): Promise<Map<string, Tensor>> {
    const lay = (name: string, tensor: Tensor): Tensor =>
      batchFirst && first[name] ? transposed(tensor, first[name]) : tensor;
    const made = (list: [string, Shape][], seed: number) =>
      new Map(
        list.map(([name, shape], k) => [
          name,
          name === 'lengths' ? fromNumbers('int32', shape, [3, 2]) : lay(name, randn(shape, seed + k)),
        ]),
      );
    const feeds = made(shapes, 20);
    const attributes = { hidden_size: int(hidden), direction: text('bidirectional'), layout: int(batchFirst ? 1 : 0) };
    const graph = nodeOf(
      op,
      feeds,
      outputs.map(([name]) => name),
      attributes,
    );
    const cotangents = made(outputs, 40);
    return backward(
      graph,
      new Map([...feeds, ...cotangents]),
      cotangents,
      shapes.map(([name]) => name).filter((name) => name !== 'lengths'),
    );
  }

  it('is the transposed one of time first', async () => {
    const [plain, turned] = [await gradients(false), await gradients(true)];
    for (const [name, tensor] of plain) {
      const expected = first[name] === undefined ? tensor : transposed(tensor, first[name]);
      expect({ name, ...turned.get(name) }).toEqual({ name, ...expected });
    }
  });
});

function transposed(tensor: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => tensor.shape[axis] as number);
  const strides = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const numbers = toNumbers(tensor);
  const out = new Float64Array(numbers.length);
  for (let k = 0; k < out.length; k++) {
    let rest = k;
    let from = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % (shape[axis] as number)) * (strides[order[axis] as number] as number);
      rest = Math.floor(rest / (shape[axis] as number));
    }
    out[k] = numbers[from] as number;
  }
  return fromNumbers(tensor.dtype, shape, out);
}

const strings = (value: readonly string[]) => ({ kind: 'strings', value }) as const;
const rnn = (activation: string) => ({
  op: 'RNN',
  inputs: [randn([2, 3, 5], 1), randn([1, 4, 5], 2), randn([1, 4, 4], 3)],
  attributes: { hidden_size: int(4), activations: strings([activation]) },
});

describe('what has no gradient is refused by name', () => {
  it.each([
    ['an activation whose default runtimes do not share', rnn('ScaledTanh'), /activation_alpha/],
    [
      'RoiAlign of maxima',
      {
        op: 'RoiAlign',
        inputs: [randn([1, 2, 5, 5], 1), float32([1, 4], [0, 0, 3, 3]), int64([1], [0])],
        attributes: { mode: text('max'), sampling_ratio: int(2) },
      },
      /mode avg/,
    ],
    [
      'RoiAlign of regions that are computed, with a number of samples that follows from them',
      {
        op: 'RoiAlign',
        inputs: [randn([1, 2, 5, 5], 1), float32([1, 4], [0, 0, 3, 3]), int64([1], [0])],
        attributes: { output_height: int(2) },
      },
      /x1/,
    ],
  ])('%s', async (claim, law, message) => {
    await expect(errorsOf({ claim, ...law })).rejects.toMatchObject({
      code: 'E_NO_GRADIENT',
      message: expect.stringMatching(message),
    });
  });
});

describe('positions numbered in float32', () => {
  it.each(['MaxUnpool', 'MaxRoiPool'])(
    'are refused in %s beyond 2^24 elements, where they would run together',
    (op) => {
      const shapes = new Map<string, Shape>([
        ['x', [1, 1, 4096, 4096]],
        ['other', [1, 1, 4096, 4096]],
        ['y', [1, 1, 8192, 8192]],
      ]);
      const builder = new GraphBuilder('large', 21);
      const inputs = ['x', 'other'].map((name) => builder.input(name, 'float32', shapes.get(name) as Shape));
      builder.nodes(op, inputs, {}, { outputNames: ['y'], name: 'node' });
      const concrete = {
        shape: (name: string) => shapes.get(name) as Shape,
        dtype: () => 'float32' as const,
        constant: () => undefined,
      };
      const options = { loss: null, seeds: new Map([['y', 'seed']]), wants: ['x'], aliases: new Map<string, string>() };
      expect(() => differentiate(builder.graph(), concrete, options)).toThrow(/E_LIMIT.*16777216/);
    },
  );
});

describe('degenerate layers', () => {
  it('have a gradient of 0, not NaN, where a window or a vector is all zeros', async () => {
    const zero = fromNumbers('float32', [1, 2, 4, 4], new Float64Array(32));
    for (const [op, attributes] of [
      ['LpPool', { kernel_shape: ints([2, 2]) }],
      ['GlobalLpPool', {}],
      ['LpNormalization', { axis: int(1) }],
      ['MeanVarianceNormalization', {}],
    ] as const) {
      const graph = nodeOf(op, new Map([['x', zero]]), ['y'], attributes);
      const y = (await runModel(encodeModel(graph), new Map([['x', zero]]), ['y'])).get('y') as Tensor;
      const found = await backward(
        graph,
        new Map([
          ['x', zero],
          ['y', y],
        ]),
        new Map([['y', randn(y.shape, 9)]]),
        ['x'],
      );
      expect({ op, finite: toNumbers(found.get('x') as Tensor).every(Number.isFinite) }).toEqual({ op, finite: true });
    }
  });

  it('of pooling over nothing but padding have a gradient of 0', async () => {
    const attributes = { kernel_shape: ints([2, 2]), dilations: ints([3, 1]), pads: ints([1, 0, 1, 0]) };
    const errors = await errorsOf({ claim: 'padding', op: 'MaxPool', inputs: [randn([2, 3, 2, 5], 8)], attributes });
    expect(errors).toEqual([{ input: 0, worst: 0, norm: 0 }]);
  });

  it('of resizing to nothing have a gradient of 0', async () => {
    const scales = float32([4], [1, 1, 0.4, 1.5]);
    const law = {
      claim: 'nothing',
      op: 'Resize',
      inputs: [randn([2, 3, 2, 5], 8), null, scales],
      wrt: [0],
      constants: [2],
    };
    expect(await errorsOf({ ...law, attributes: { mode: text('linear') } })).toEqual([{ input: 0, worst: 0, norm: 0 }]);
  });

  it('of normalisation with one element a group have a gradient of 0', async () => {
    const law = {
      claim: 'one element',
      op: 'InstanceNormalization',
      inputs: [randn([2, 3, 1], 5), randn([3], 6), randn([3], 7)],
      attributes: { epsilon: float(1e-3) },
    };
    const errors = await errorsOf(law);
    expect(errors[0]).toMatchObject({ norm: 0 });
    expect(errors.every(({ worst }) => worst <= 1e-3)).toBe(true);
  });
});
