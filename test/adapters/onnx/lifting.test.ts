import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { cutGraph } from '../../../adapters/onnx/cut.ts';
import { differentiate } from '../../../adapters/onnx/differentiate.ts';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { lifts } from '../../../adapters/onnx/lift/_list.ts';
import { liftGraph } from '../../../adapters/onnx/lifting.ts';
import { type Concrete, int, text, WORKING_OPSET } from '../../../adapters/onnx/rule.ts';
import { runModel } from '../../../adapters/onnxruntime/run-model.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { DataType, Tensor } from '../../../harness/types/tensor.ts';
import { CASES, type Case, x } from './_lift-cases.ts';
import { errorOf } from './_proto.ts';

interface Built {
  readonly graph: Graph;
  readonly feeds: ReadonlyMap<string, Tensor>;
}

function build({ op, opset, inputs, attributes = {}, outputs = 1 }: Case): Built {
  const b = new GraphBuilder(op, opset);
  const feeds = new Map<string, Tensor>();
  const names = inputs.map((given, i) => {
    if (given === null) return '';
    if ('constant' in given) return b.initializer(`c${i}`, given.constant);
    feeds.set(`x${i}`, given);
    return b.input(`x${i}`, given.dtype, given.shape);
  });
  const made = b.nodes(op, names, attributes, { outputNames: Array.from({ length: outputs }, (_, i) => `y${i}`) });
  for (const name of made) b.output(name);
  return { graph: b.graph(), feeds };
}

/** What is known after one run. Asked for what no run has computed, it fails. */
function concreteOf({ graph, feeds }: Built, run: ReadonlyMap<string, Tensor>): Concrete {
  const constants = new Map([...graph.initializers].map(([name, source]) => [name, source.read()]));
  const find = (name: string): Tensor => {
    const found = run.get(name) ?? feeds.get(name) ?? constants.get(name);
    if (found === undefined) throw new Error(`no run has computed ${name}`);
    return found;
  };
  return { shape: (n) => find(n).shape, dtype: (n) => find(n).dtype, constant: (n) => constants.get(n) };
}

const all = { inline: () => true };
const outputsOf = (graph: Graph): string[] => graph.outputs.map(({ name }) => name);

describe('a lifted graph computes what the original computes', () => {
  for (const one of CASES) {
    it(`${one.op} of operator set ${one.opset} ${one.name}`, async () => {
      const built = build(one);
      const before = await runModel(encodeModel(built.graph, all), built.feeds, outputsOf(built.graph));
      const lifted = liftGraph(built.graph, concreteOf(built, before));
      expect(lifted.opset.get('')).toBe(WORKING_OPSET);
      if (one.becomes) expect(lifted.nodes.at(-1)?.op).toBe(one.becomes);
      const after = await runModel(encodeModel(lifted, all), built.feeds, outputsOf(built.graph));
      for (const [name, tensor] of before) {
        const result = after.get(name) as Tensor;
        expect(result).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
        toNumbers(result).forEach((value, i) => expect(value).toBeCloseTo(toNumbers(tensor)[i] as number, 6));
      }
    });
  }
  it('for every operator that has a lift for the sets that ONNX Runtime still runs', () => {
    const tried = new Set(CASES.map(({ op }) => op));
    const missing = lifts.filter(({ op, until }) => until > 7 && !tried.has(op)).map(({ op }) => op);
    expect(missing).toEqual([]);
  });
});

describe('broadcasting of before operator set 7', () => {
  const shapes = (...list: (readonly number[])[]): Concrete => {
    const names = new Map(list.map((shape, i) => [i === 0 ? 'a' : 'b', shape]));
    return { shape: (n) => names.get(n) as number[], dtype: () => 'float32' as DataType, constant: () => undefined };
  };
  const lifted = (op: string, concrete: Concrete, attributes: Attributes) => {
    const b = new GraphBuilder('old', 6);
    b.output(
      b.node(op, [b.input('a', 'float32', null), b.input('b', 'float32', null)], attributes, { outputNames: ['y'] }),
    );
    const graph = liftGraph(b.graph(), concrete);
    return {
      ops: graph.nodes.map((node) => node.op),
      shape: [...graph.helpers.values()].at(-1)?.shape,
      last: graph.nodes.at(-1),
    };
  };

  it('puts the second input where the axis says', () => {
    for (const op of ['Add', 'Sub', 'Mul', 'Div', 'Pow']) {
      const { ops, shape, last } = lifted(op, shapes([2, 3, 4, 5], [3, 4]), { broadcast: int(1), axis: int(1) });
      expect(ops).toEqual(['Reshape', op]);
      expect(shape).toEqual([3, 4, 1]);
      expect(last).toMatchObject({ outputs: ['y'], attributes: {} });
    }
  });
  it('needs nothing where the second input is a suffix of the first', () => {
    expect(lifted('Add', shapes([2, 3, 4], [3, 4]), { broadcast: int(1) }).ops).toEqual(['Add']);
    expect(lifted('Add', shapes([2, 3], [2, 3]), {}).ops).toEqual(['Add']);
  });
  it('puts the slopes of PRelu along the channels', () => {
    expect(lifted('PRelu', shapes([2, 3, 4, 5], [3]), {})).toMatchObject({
      ops: ['Reshape', 'PRelu'],
      shape: [3, 1, 1],
    });
    expect(lifted('PRelu', shapes([2, 3, 4, 5], [1]), {}).ops).toEqual(['PRelu']);
  });
});

describe('what has no equal is refused, naming node and operator set', () => {
  const refuse = (op: string, opset: number, attributes: Attributes, outputs = 1) => {
    const b = new GraphBuilder('g', opset);
    const x0 = b.input('x', 'float32', [1, 2, 3, 4]);
    b.nodes(op, [x0, '', ''], attributes, { outputs, name: 'bad' });
    const concrete = { shape: () => [1, 2, 3, 4], dtype: () => 'float32' as DataType, constant: () => undefined };
    return () => liftGraph(b.graph(), concrete);
  };
  const cases: readonly (readonly [string, number, Attributes, number?])[] = [
    ['BatchNormalization', 7, { spatial: int(0) }],
    ['BatchNormalization', 9, {}, 5],
    ['Dropout', 6, {}],
    ['Resize', 11, { coordinate_transformation_mode: text('tf_half_pixel_for_nn') }],
    ['Resize', 11, { coordinate_transformation_mode: text('tf_half_pixel_for_nn'), mode: text('linear') }],
  ];
  for (const [op, opset, attributes, outputs] of cases) {
    it(`${op} of ${opset} with ${Object.keys(attributes).join(', ') || `${outputs ?? 1} outputs`}`, () => {
      const { nodes, unlifted } = refuse(op, opset, attributes, outputs)();
      const error = unlifted.get('bad');
      expect(error).toMatchObject({ code: 'E_UNSUPPORTED', place: 'node "bad"' });
      expect(error?.message).toContain(`${op} of operator set ${opset}`);
      expect(nodes.map((node) => node.op)).toEqual([op]);
    });
  }
  it('models of before operator set 6', () => expect(errorOf(refuse('Relu', 5, {})).code).toBe('E_UNSUPPORTED'));
});

describe('lifting', () => {
  it('leaves nodes of newer operator sets and of other domains as they are', () => {
    const b = new GraphBuilder(
      'new',
      new Map([
        ['', 24],
        ['com.microsoft', 1],
      ]),
    );
    const y = b.node('Swish', [b.input('x', 'float32', [2])]);
    b.output(b.node('Softmax', [y], {}, { domain: 'com.microsoft' }));
    const graph = b.graph();
    expect(liftGraph(graph, concreteOf({ graph, feeds: new Map() }, new Map())).nodes).toEqual(graph.nodes);
  });

  // y = softmax over all but the first axis; L = Σ c·y; dL/dx = y (c − Σ c·y).
  const gradient = async (
    graph: Graph,
    feeds: ReadonlyMap<string, Tensor>,
    seed: Tensor,
    x0: string,
    aliases = new Map<string, string>(),
  ) => {
    const y = await runModel(encodeModel(graph, all), feeds, ['y0']);
    const plain = new Map([...feeds].map(([name, tensor]) => [aliases.get(name) ?? name, tensor]));
    const lifted = liftGraph(graph, concreteOf({ graph, feeds: plain }, y));
    const options = { loss: null, seeds: new Map([['y0', 'seed']]), wants: [x0], aliases };
    const backward = differentiate(lifted, concreteOf({ graph, feeds: plain }, y), options);
    const reads = backward.graph.inputs.map(({ name }) => name);
    const known = new Map([...plain, ...feeds, ...y, ['seed', seed] as const]);
    const run = await runModel(
      encodeModel(backward.graph, all),
      new Map(reads.map((name) => [name, known.get(name) as Tensor])),
      [...backward.gradients.values()],
    );
    const out = run.get(backward.gradients.get(x0) as string) as Tensor;
    return { gradient: toNumbers(out), y: toNumbers(y.get('y0') as Tensor) };
  };
  const expectSoftmax = (
    { gradient: g, y }: { gradient: Float64Array; y: Float64Array },
    c: Float64Array,
    row: number,
  ) => {
    for (let start = 0; start < y.length; start += row) {
      let dot = 0;
      for (let i = start; i < start + row; i++) dot += (y[i] as number) * (c[i] as number);
      for (let i = start; i < start + row; i++)
        expect(g[i]).toBeCloseTo((y[i] as number) * ((c[i] as number) - dot), 6);
    }
  };
  const softmax: Case = { op: 'Softmax', opset: 11, name: '', inputs: [x] };
  const seed = fromNumbers(
    'float32',
    x.shape,
    Array.from({ length: 30 }, (_, i) => Math.cos(2.3 * i)),
  );

  it('gives gradients through tensors that no forward run has', async () => {
    const { graph, feeds } = build(softmax);
    expectSoftmax(await gradient(graph, feeds, seed, 'x0'), toNumbers(seed), 15);
  });
  it('goes before or after cutting', async () => {
    const { graph, feeds } = build(softmax);
    const cut = cutGraph(graph, new Set(['x0']));
    const fed = new Map([
      ['x0', x],
      ['cut::x0', x],
    ]);
    expect([...feeds.keys()]).toEqual(['x0']);
    expectSoftmax(await gradient(cut.graph, fed, seed, 'x0', new Map(cut.aliases)), toNumbers(seed), 15);
  });
});
