import { describe, expect, it } from '@jest/globals';
import { encodeModel, GraphBuilder } from '../../../adapters/onnx/index.ts';
import { int } from '../../../adapters/onnx/rule.ts';
import { referenceOf, runModel } from '../../../adapters/onnxruntime/index.ts';
import { float32, fromNumbers, int64, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { ReplayRequest } from '../../../harness/types/adapter.ts';
import type { Graph } from '../../../harness/types/graph.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';

const x = float32([2], [0.3, -0.9]);

/** loss = Σ exp(concat(tanh x, tanh x)), through a sequence, which nobody has written a rule for. */
function throughSequence(): Graph {
  const b = new GraphBuilder('sequence', 17);
  const a = b.node('Tanh', [b.input('x', 'float32', [2])], {}, { outputNames: ['a'] });
  const list = b.node('SequenceConstruct', [a, a], {}, { outputNames: ['list'] });
  const c = b.node('ConcatFromSequence', [list], { axis: int(0) }, { name: 'join', outputNames: ['c'] });
  const y = b.node('Exp', [c], {}, { outputNames: ['y'] });
  b.output(b.node('ReduceSum', [y], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}

/** Gradients that came, and what was refused. */
async function gradientsOf(graph: Graph, wanted: Partial<ReplayRequest>, inputs: Readonly<Record<string, Tensor>>) {
  const reference = await referenceOf({ graph, irVersion: 8, producer: '' }, 'test', { place: 'here' });
  const gradients: Record<string, number[]> = {};
  const sources = new Map(Object.entries(inputs).map(([name, tensor]) => [name, sourceOf(tensor)]));
  const request = { values: new Map(), gradients: new Map(), loss: 'loss', wantValues: [], wantGradients: [] };
  for await (const { name, tensor } of reference.replay({ ...request, inputs: sources, ...wanted })) {
    gradients[name] = [...toNumbers(tensor)];
  }
  await reference.release();
  return gradients;
}

describe('an operator without a rule', () => {
  const wantGradients = ['x', 'a', 'c', 'y'];

  it('refuses the gradients behind it, and no other, where somebody hears of it', async () => {
    const heard = new Map<string, string>();
    const refused = (name: string, reason: string): void => void heard.set(name, reason);
    const found = await gradientsOf(throughSequence(), { wantGradients, refused }, { x });
    expect(Object.keys(found).toSorted()).toEqual(['c', 'y']);
    expect(found['y']).toEqual([1, 1, 1, 1]);
    expect([...heard.keys()].toSorted()).toEqual(['a', 'x']);
    expect(heard.get('x')).toMatch(/E_NO_GRADIENT {2}join: .*ConcatFromSequence/);
  });

  it('does not reach behind a recorded gradient: that segment is answered', async () => {
    const heard: string[] = [];
    const gradients = new Map([['a', sourceOf(float32([2], [2, -3]))]]);
    const request = { wantGradients, gradients, refused: (name: string) => void heard.push(name) };
    const found = await gradientsOf(throughSequence(), request, { x });
    expect(heard).toEqual(['a']);
    const expected = [2, -3].map((g, k) => g * (1 - Math.tanh(toNumbers(x)[k] as number) ** 2));
    found['x']?.forEach((value, k) => expect(value).toBeCloseTo(expected[k] as number, 6));
    expect(Object.keys(found).toSorted()).toEqual(['c', 'x', 'y']);
  });

  it('refuses the request where nobody hears of it', async () => {
    await expect(gradientsOf(throughSequence(), { wantGradients }, { x })).rejects.toThrow(/E_NO_GRADIENT {2}join/);
  });
});

/** loss = Σ (flag ? tanh(x w) : exp(x w)), then three turns of h ← h·x by a loop inside the branch that is taken. */
function branching(): Graph {
  const body = new GraphBuilder('body', 17);
  body.input('i', 'int64', []);
  const go = body.input('go', 'bool', []);
  const h = body.input('h', 'float32', [2]);
  body.output(go, 'bool', []);
  body.output(body.node('Mul', [h, 'x'], {}, { outputNames: ['next'] }), 'float32', [2]);
  const looped = new GraphBuilder('then', 17);
  const counts = [looped.initializer('n', int64([], [3])), looped.initializer('yes', fromNumbers('bool', [], [1]))];
  const start = looped.node('Tanh', ['p'], {}, { outputNames: ['start'] });
  const bodies = { body: { kind: 'graph', value: body.graph() } } as const;
  looped.nodes('Loop', [...counts, start], bodies, { name: 'loop', outputNames: ['end'] });
  looped.output('end', 'float32', [2]);
  const other = new GraphBuilder('else', 17);
  other.output(other.node('Exp', ['p'], {}, { outputNames: ['e'] }), 'float32', [2]);
  const b = new GraphBuilder('if', 17);
  const w = b.initializer('w', float32([2], [0.7, -0.4]));
  b.node('Mul', [b.input('x', 'float32', [2]), w], {}, { outputNames: ['p'] });
  const branches = {
    then_branch: { kind: 'graph', value: looped.graph() },
    else_branch: { kind: 'graph', value: other.graph() },
  } as const;
  const y = b.node('If', [b.input('flag', 'bool', [])], branches, { name: 'if', outputNames: ['y'] });
  b.output(b.node('ReduceSum', [y], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}

describe('control flow has gradients', () => {
  const [at, w] = [toNumbers(x), [0.7, -0.4]];
  const each = (f: (x: number, w: number) => number): number[] => w.map((v, k) => f(at[k] as number, v));
  const close = (found: readonly number[] | undefined, expected: readonly number[]): void =>
    expected.forEach((value, k) => expect(found?.[k]).toBeCloseTo(value, 5));

  it('of the branch that was taken, and of a loop inside it', async () => {
    const flag = fromNumbers('bool', [], [1]);
    const found = await gradientsOf(branching(), { wantGradients: ['x', 'w'] }, { x, flag });
    // y = tanh(x w) x³
    const slope = (a: number, b: number): number => 1 - Math.tanh(a * b) ** 2;
    close(
      found['w'],
      each((a, b) => slope(a, b) * a ** 4),
    );
    close(
      found['x'],
      each((a, b) => slope(a, b) * b * a ** 3 + 3 * Math.tanh(a * b) * a ** 2),
    );
  });

  it('of the other branch for another condition of the same network', async () => {
    const flag = fromNumbers('bool', [], [0]);
    const found = await gradientsOf(branching(), { wantGradients: ['x', 'w'] }, { x, flag });
    close(
      found['w'],
      each((a, b) => Math.exp(a * b) * a),
    );
  });

  it('on recorded values: of the branch that they take', async () => {
    const b = new GraphBuilder('own', 17);
    const h = b.node('Neg', [b.input('x', 'float32', [])], {}, { outputNames: ['h'] });
    const flag = b.node('Greater', [h, b.initializer('zero', float32([], [0]))]);
    const branch = (op: string): Graph => {
      const g = new GraphBuilder(op, 17);
      g.output(g.node(op, ['h'], {}, { outputNames: [`${op}_r`] }), 'float32', []);
      return g.graph();
    };
    const branches = {
      then_branch: { kind: 'graph', value: branch('Exp') },
      else_branch: { kind: 'graph', value: branch('Neg') },
    } as const;
    b.output(b.node('If', [flag], branches, { name: 'if', outputNames: ['loss'] }), 'float32', []);
    const wanted = { wantGradients: ['h'] };
    const positive = float32([], [2]); // h = −2: the network itself takes the other branch
    expect(await gradientsOf(b.graph(), wanted, { x: positive })).toEqual({ h: [-1] });
    const values = new Map([['h', sourceOf(float32([], [1]))]]);
    const found = await gradientsOf(b.graph(), { ...wanted, values }, { x: positive });
    expect(found['h']?.[0]).toBeCloseTo(Math.E, 5);
  });
});

it('an input with a type and no declared shape can be fed', async () => {
  const b = new GraphBuilder('unshaped', 17);
  b.output(b.node('Neg', [b.input('x', 'float32', null)], {}, { outputNames: ['y'] }), 'float32', null);
  const found = await runModel(encodeModel(b.graph()), new Map([['x', float32([2, 1], [1, -2])]]), ['y']);
  expect(toNumbers(found.get('y') as Tensor)).toEqual(Float64Array.of(-1, 2));
});
