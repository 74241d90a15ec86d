import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { unrollControlFlow } from '../../../adapters/onnx/control-flow.ts';
import { encodeModel } from '../../../adapters/onnx/encode.ts';
import { type Concrete, int, ints } from '../../../adapters/onnx/rule.ts';
import { referenceOf, runModel } from '../../../adapters/onnxruntime/index.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';

type Feeds = ReadonlyMap<string, Tensor>;
const all = { inline: () => true };
const yes = fromNumbers('bool', [], [1]);
const no = fromNumbers('bool', [], [0]);

/** Runs the graph with every tensor of its main graph as an output: what is known of it then. */
async function learn(graph: Graph, feeds: Feeds): Promise<{ concrete: Concrete; run: Feeds }> {
  const names = graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== '');
  const tapped = { ...graph, outputs: names.map((name) => ({ name, dtype: null, shape: null })) };
  const run = await runModel(encodeModel(tapped, all), feeds, names);
  const find = (name: string): Tensor => {
    const found = run.get(name) ?? feeds.get(name) ?? graph.initializers.get(name)?.read();
    if (found === undefined) throw new Error(`no run has computed ${name}`);
    return found;
  };
  const constant = (name: string): Tensor | undefined => (find(name).dtype === 'float32' ? undefined : find(name));
  return { concrete: { shape: (n) => find(n).shape, dtype: (n) => find(n).dtype, constant }, run };
}

/** Unrolls until nothing is left to unroll, and proves that the outputs are the same bits. */
async function unrolled(graph: Graph, feeds: Feeds): Promise<Graph> {
  const first = await learn(graph, feeds);
  let flat = graph;
  for (let concrete = first.concrete; ; concrete = (await learn(flat, feeds)).concrete) {
    const next = unrollControlFlow(flat, concrete);
    if (next === flat) break;
    flat = next;
  }
  const last = await learn(flat, feeds);
  for (const { name } of graph.outputs) expect(last.run.get(name)).toEqual(first.run.get(name));
  return flat;
}

const branch = (op: string, opset: number): Graph => {
  const b = new GraphBuilder(op, opset);
  const w = b.initializer('w', float32([2], [3, -4]));
  b.output(b.node(op, [b.node('Mul', ['x', w], {}, { outputNames: ['t'] })], {}, { outputNames: ['r'] }));
  return b.graph();
};

function choosing(): Graph {
  const b = new GraphBuilder('if', 17);
  b.input('x', 'float32', [2]);
  const flag = b.input('flag', 'bool', []);
  const attributes: Attributes = {
    then_branch: { kind: 'graph', value: branch('Tanh', 17) },
    else_branch: { kind: 'graph', value: branch('Sigmoid', 17) },
  };
  b.output(b.node('If', [flag], attributes, { name: 'if', outputNames: ['y'] }));
  return b.graph();
}

/** h ← tanh(h·w + i), collected; `go` says how the body ends. */
function looping(opset: number, go: 'given' | 'constant' | 'computed', collects = true): Graph {
  const body = new GraphBuilder('body', opset);
  const [i, c, h] = [body.input('i', 'int64', []), body.input('c', 'bool', []), body.input('h', 'float32', [2])];
  const turn = body.node('Cast', [i], { to: int(1) });
  const next = body.node('Tanh', [body.node('Add', [body.node('Mul', [h, 'w']), turn])], {}, { outputNames: ['next'] });
  const small = body.node('Less', [turn, body.initializer('end', float32([], [1.5]))]);
  const given = body.node('Identity', [c]);
  body.output({ given, constant: body.initializer('always', yes), computed: small }[go], 'bool', []);
  body.output(next);
  if (collects) body.output(body.node('Neg', [next]));
  const b = new GraphBuilder('loop', opset);
  b.input('x', 'float32', [2]);
  b.initializer('w', float32([2], [0.7, -0.4]));
  const inputs = [b.initializer('most', int64([], [5])), b.initializer('go', yes), 'x'];
  const outputNames = collects ? ['last', 'list'] : ['last'];
  b.nodes('Loop', inputs, { body: { kind: 'graph', value: body.graph() } }, { name: 'loop', outputNames });
  for (const name of outputNames) b.output(name);
  return b.graph();
}

function scanning(attributes: Attributes): Graph {
  const body = new GraphBuilder('body', 17);
  const [s, x] = [body.input('s', 'float32', [2]), body.input('part', 'float32', [2])];
  const sum = body.node('Add', [s, x], {}, { outputNames: ['sum'] });
  body.output(sum);
  body.output(body.node('Mul', [sum, 'w'], {}, { outputNames: ['out'] }));
  const b = new GraphBuilder('scan', 17);
  b.initializer('w', float32([2], [0.7, -0.4]));
  const inputs = [b.initializer('start', float32([2], [1, 2])), b.input('x', 'float32', [2, 3])];
  const given = {
    ...attributes,
    num_scan_inputs: int(1),
    scan_input_axes: ints([1]),
    body: { kind: 'graph', value: body.graph() },
  } as const;
  b.nodes('Scan', inputs, given, { name: 'scan', outputNames: ['last', 'list'] });
  for (const name of ['last', 'list']) b.output(name);
  return b.graph();
}

const x = float32([2], [0.3, -0.9]);
const matrix = float32([2, 3], [1, 2, 3, 4, 5, 7]);
const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

describe('control flow is written out, to the same bits', () => {
  it('If as the branch that was taken', async () => {
    for (const [flag, op] of [
      [yes, 'Tanh'],
      [no, 'Sigmoid'],
    ] as const) {
      const flat = await unrolled(
        choosing(),
        new Map([
          ['x', x],
          ['flag', flag],
        ]),
      );
      expect(flat.nodes.map(({ name }) => name)).toEqual(['if/Mul_0', `if/${op}_1`, 'if/Identity_2']);
      expect([...flat.initializers.keys()]).toEqual(['if/w']);
    }
  });
  for (const opset of [11, 17]) {
    it(`Loop of operator set ${opset} as its turns, ended by count or by what it computed`, async () => {
      for (const [go, turns] of [
        ['given', 5],
        ['constant', 5],
        ['computed', 3],
      ] as const) {
        const flat = await unrolled(looping(opset, go), new Map([['x', x]]));
        expect(ops(flat).filter((op) => op === 'Tanh')).toHaveLength(turns);
        expect(ops(flat)).not.toContain('Loop');
      }
    });
  }
  it('Loop that collects nothing, where its count is certain', async () => {
    for (const go of ['given', 'constant'] as const) {
      expect(ops(await unrolled(looping(17, go, false), new Map([['x', x]])))).not.toContain('Loop');
    }
  });
  it('but not a Loop that may end at any turn and leaves no trace of how many it had', async () => {
    expect(ops(await unrolled(looping(17, 'computed', false), new Map([['x', x]])))).toEqual(['Loop']);
  });
  it('Scan as its slices, forwards and backwards, along any axis', async () => {
    const forms: Attributes[] = [
      {},
      { scan_input_directions: ints([1]) },
      { scan_output_directions: ints([1]), scan_output_axes: ints([1]) },
    ];
    for (const form of forms) {
      const flat = await unrolled(scanning(form), new Map([['x', matrix]]));
      expect(ops(flat).filter((op) => op === 'Mul')).toHaveLength(3);
      expect(ops(flat)).not.toContain('Scan');
    }
  });
  it('control flow inside control flow, by a second call', async () => {
    const body = new GraphBuilder('body', 17);
    const c = body.input('c', 'bool', []);
    body.input('x', 'float32', [2]);
    const nested = choosing().nodes[0]?.attributes as Attributes;
    const r = body.node('If', ['c'], nested, { name: 'inner', outputNames: ['r'] });
    body.output(c);
    body.output(r);
    const shell = new GraphBuilder('outer', 17);
    shell.input('start', 'float32', [2]);
    const loop = new GraphBuilder('body', 17);
    loop.input('i', 'int64', []);
    const inner = body.graph();
    const graph = { ...inner, inputs: [...loop.graph().inputs, ...inner.inputs] };
    const count = shell.initializer('n', int64([], [2]));
    shell.output(
      shell.nodes(
        'Loop',
        [count, shell.initializer('go', yes), 'start'],
        { body: { kind: 'graph', value: graph } },
        { name: 'loop', outputNames: ['y'] },
      )[0] as string,
    );
    const flat = await unrolled(shell.graph(), new Map([['start', x]]));
    expect(ops(flat)).toEqual(['Mul', 'Tanh', 'Identity', 'Mul', 'Tanh', 'Identity', 'Identity']);
  });
  it('and a graph without any is the same object', async () => {
    const b = new GraphBuilder('none', 17);
    b.output(b.node('Relu', [b.input('x', 'float32', [2])]));
    const graph = b.graph();
    expect(unrollControlFlow(graph, (await learn(graph, new Map([['x', x]]))).concrete)).toBe(graph);
  });
});

it('a loop that is written out has gradients', async () => {
  const flat = await unrolled(looping(17, 'given'), new Map([['x', x]]));
  const reference = await referenceOf({ graph: flat, irVersion: 8, producer: '' }, 'flat');
  const seed = float32([2], [1.3, -0.6]);
  const request = {
    inputs: new Map([['x', sourceOf(x)]]),
    values: new Map(),
    gradients: new Map([['last', sourceOf(seed)]]),
    loss: null,
    wantValues: [],
    wantGradients: ['x', 'w'],
  };
  const answers = new Map<string, Tensor>();
  for await (const { name, tensor } of reference.replay(request)) answers.set(name, tensor);
  await reference.release();
  // h ← tanh(h w + i): dh = g (1 − h′²) w, dw = g (1 − h′²) h, from the last turn to the first.
  const w = [0.7, -0.4];
  for (let k = 0; k < 2; k++) {
    const h = [toNumbers(x)[k] as number];
    for (let i = 0; i < 5; i++) h.push(Math.tanh((h[i] as number) * (w[k] as number) + i));
    let g = toNumbers(seed)[k] as number;
    let dw = 0;
    for (let i = 4; i >= 0; i--) {
      const local = g * (1 - (h[i + 1] as number) ** 2);
      dw += local * (h[i] as number);
      g = local * (w[k] as number);
    }
    expect(toNumbers(answers.get('x') as Tensor)[k]).toBeCloseTo(g, 6);
    expect(toNumbers(answers.get('w') as Tensor)[k]).toBeCloseTo(dw, 6);
  }
});
