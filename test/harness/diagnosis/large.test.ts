import { describe, expect, it } from '@jest/globals';
import { budgetOf, cutShort, evaluationCost } from '../../../harness/diagnosis/budget.ts';
import { diagnosing, diagnoseSite } from '../../../harness/diagnosis/index.ts';
import { commonContext, openSession, type Session } from '../../../harness/diagnosis/session.ts';
import { thinned } from '../../../harness/diagnosis/thin.ts';
import { finish } from '../../../harness/diagnosis/search.ts';
import { check } from '../../../harness/check.ts';
import { rules } from '../../../harness/rules/_list.ts';
import { wire } from '../../../harness/graph.ts';
import { createOracle } from '../../../harness/oracle/index.ts';
import { float32, sourceOf } from '../../../harness/tensor.ts';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import type { Attributes, Graph } from '../../../harness/types/graph.ts';
import type { Site } from '../../../harness/types/report.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { benchOf, bugIn, random, subjectOf } from '../../support/bench.ts';
import { float, int, ints, normal } from '../../support/diagnosis-kit.ts';

/** One operator: the graph, its input, and what it makes of it. */
function layer(
  op: string,
  x: Tensor,
  parameters: readonly Tensor[],
  attributes: Attributes = {},
): { graph: Graph; x: Tensor } {
  const b = new GraphBuilder(op, 21);
  const given = [b.input('x', 'float32', x.shape), ...parameters.map((p, i) => b.initializer(`p${i}`, p))];
  b.output(b.node(op, given, attributes, { name: 'layer', outputNames: ['y'] }));
  return { graph: b.graph(), x };
}

const truthOf = ({ graph, x }: { graph: Graph; x: Tensor }) => {
  const request = {
    inputs: new Map([['x', sourceOf(x)]]),
    values: new Map([['x', sourceOf(x)]]),
    gradients: new Map(),
    loss: null,
  };
  return { request, value: createOracle(graph, request).value('y').r64 };
};

function sessionOf(right: { graph: Graph; x: Tensor }, wrong: Float64Array, limit = 1e8): Session {
  const { request, value } = truthOf(right);
  const scale = Math.sqrt(value.data.reduce((sum, v) => sum + v * v, 0) / value.data.length);
  const given = {
    tensor: 'y',
    direction: 'forward' as const,
    wiring: wire(right.graph),
    request,
    truth: value,
    slack: null,
    allowed: 1e-6 * scale,
  };
  const subject = { ...value, data: wrong.map(Math.fround) };
  return openSession({ ...given, subject }, request.values, new Map(), budgetOf(limit));
}

const SITE: Site = { tensor: 'y', direction: 'forward', layer: 'layer', op: '', cause: null, candidates: [] };
const noise = (data: Float64Array): Float64Array => data.map((v, i) => v + 0.1 * Math.sin(i * i));

const LARGE: readonly [string, { graph: Graph; x: Tensor }, string, { graph: Graph; x: Tensor }][] = (() => {
  const [rows, wide] = [normal([256, 64], 1, 1), normal([1, 8, 31, 29], 2)];
  const [scale, shift] = [normal([64], 3), normal([64], 4)];
  const [w, kernel, bias] = [normal([64, 32], 5, 0.1), normal([32, 8, 3, 3], 6, 0.1), normal([32], 7)];
  const flipped = float32(
    kernel.shape,
    Float32Array.from({ length: 32 * 8 * 9 }, (_, i) => (kernel.data as Float32Array)[i - (i % 9) + 8 - (i % 9)]!),
  );
  const pads = { pads: ints(1, 1, 1, 1) };
  return [
    [
      'another epsilon in a norm',
      layer('LayerNormalization', rows, [scale, shift]),
      'norm.epsilon',
      layer('LayerNormalization', rows, [scale, shift], { epsilon: float(0.01) }),
    ],
    [
      'a flipped kernel',
      layer('Conv', wide, [kernel, bias], pads),
      'conv.kernel-flipped',
      layer('Conv', wide, [flipped, bias], pads),
    ],
    [
      'a slope',
      layer('LeakyRelu', rows, [], { alpha: float(0.01) }),
      'activation.slope',
      layer('LeakyRelu', rows, [], { alpha: float(0.17) }),
    ],
    ['a bias left out', layer('Gemm', rows, [w, normal([32], 8)]), 'bias.missing', layer('Gemm', rows, [w])],
    [
      'softmax over the other axis',
      layer('Softmax', rows, []),
      'softmax.axis',
      layer('Softmax', rows, [], { axis: int(0) }),
    ],
  ];
})();

describe('a large layer', () => {
  it.each(LARGE)('with %s is named within the budget, proven on the whole', (_what, right, cause, wrong) => {
    const session = sessionOf(right, truthOf(wrong).value.data);
    const { site } = diagnoseSite(SITE, session, []);
    expect(site.cause?.id).toBe(cause);
    expect(site.cause?.evidence.join(' ')).toContain(`all ${session.truth.data.length} elements agree`);
    expect(site.search).toBeUndefined();
  });
  it('that nothing explains costs no more than its budget and one idea, and says how much was searched', () => {
    const [, right] = LARGE[0]!;
    const session = sessionOf(right, noise(truthOf(right).value.data));
    const { site } = diagnoseSite(SITE, session, []);
    expect(site.cause).toBeNull();
    expect(site.search).toMatch(/^searched \d+ of \d+ ideas, then the budget of one layer was used up$/);
    expect(session.budget.spent).toBeLessThan(1.5e8);
  });
  it('gives the same report twice', () => {
    const [, right] = LARGE[1]!;
    const found = [0, 1].map(() => diagnoseSite(SITE, sessionOf(right, noise(truthOf(right).value.data)), []).site);
    expect(found[0]).toEqual(found[1]);
  });
});

describe('a sample of a layer', () => {
  it('is a slice of it that computes the slice of its answer, with the row that is most wrong', () => {
    const [, right] = LARGE[0]!;
    const { value } = truthOf(right);
    const at = 201 * 64 + 5;
    const session = sessionOf(
      right,
      value.data.map((v, i) => (i === at ? v + 9 : v)),
    );
    const thin = thinned(session) as Session;
    expect(thin.truth.data.length).toBeLessThan(value.data.length / 4);
    expect(Math.max(...thin.subject.data.map((v, i) => Math.abs(v - thin.truth.data[i]!)))).toBeCloseTo(9, 3);
    expect(thin.oracle.value('y').r64.data).toEqual(thin.truth.data);
    expect(evaluationCost(thin)).toBeLessThan(evaluationCost(session) / 4);
  });
  it('is not cut along what the layer mixes', () => {
    const x = normal([256, 64], 9);
    const { graph } = layer('Softmax', x, [], { axis: int(0) });
    const thin = thinned(sessionOf({ graph, x }, noise(truthOf({ graph, x }).value.data)));
    expect(thin?.truth.shape[0]).toBe(256);
  });
});

describe('a search', () => {
  it('that is cancelled ends with what was found so far, and says so', () => {
    const right = layer('Relu', normal([7, 5], 1), []);
    const session = sessionOf(right, noise(truthOf(right).value.data));
    const search = diagnosing(SITE, session, [], rules, []);
    search.next();
    session.budget.cancelled = true;
    const { site } = finish(search);
    expect(site.cause).toBeNull();
    expect(site.search).toContain('was stopped');
    expect(cutShort(session.budget)).toContain('was stopped');
  });
  it('of a whole check ends by its signal: the verdicts stay, and the report says so', async () => {
    const make = (bias: boolean): Graph => {
      const b = new GraphBuilder('g', 21);
      const x = b.input('x', 'float32', [5, 7]);
      const given = [x, b.initializer('w', random([7, 3], 2)), ...(bias ? [b.initializer('b', random([3], 3))] : [])];
      b.output(b.node('Gemm', given, {}, { name: 'fc', outputNames: ['y'] }));
      return b.graph();
    };
    const bench = await bugIn(make(true), make(false), { x: random([5, 7], 1) });
    const stopped = await check(subjectOf(bench.trace), bench.reference, { signal: { aborted: true } });
    expect(stopped.forward.faulty).toMatchObject([
      { tensor: 'y', cause: null, search: 'not searched: the search was stopped' },
    ]);
    expect(stopped.notes.join(' ')).toContain('The search for causes was stopped');
    const bench2 = await benchOf(make(true), { x: random([5, 7], 1) });
    expect((await check(subjectOf(bench2.trace), bench2.reference, { signal: { aborted: true } })).outcome).toBe(
      'match',
    );
  });
});

describe('the work of a recurrent layer', () => {
  const lstm = (hidden: number, steps: number) => {
    const weights = [normal([1, 4 * hidden, 7], 2), normal([1, 4 * hidden, hidden], 3)];
    return layer('LSTM', normal([steps, 5, 7], 1), weights, { hidden_size: int(hidden) });
  };
  const costOf = (hidden: number, steps: number): number => {
    const right = lstm(hidden, steps);
    return evaluationCost(sessionOf(right, truthOf(right).value.data));
  };

  it('grows with the steps, and with the square of what each reads', () => {
    expect(costOf(11, 26) / costOf(11, 13)).toBeCloseTo(2, 1);
    expect(costOf(88, 13) / costOf(22, 13)).toBeGreaterThan(8); // by elements alone it would be 4
  });

  it('is counted where a rule runs the layer by itself', () => {
    const right = lstm(31, 7);
    const session = sessionOf(right, truthOf(right).value.data);
    const before = session.budget.spent;
    const [x, w, r] = right.graph.nodes[0]!.inputs.map((name) => commonContext(session).value(name)!);
    commonContext(session).run('LSTM', [x, w, r], { hidden_size: int(31) });
    const products = 4 * (7 + 31) * 31 * 5 * 7;
    expect(session.budget.spent - before).toBeGreaterThanOrEqual(products);
    expect(session.budget.spent - before).toBeLessThan(3 * products);
  });
});
