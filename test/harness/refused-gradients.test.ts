import { expect, it } from '@jest/globals';
import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { check } from '../../harness/check.ts';
import { float32, sourceOf } from '../../harness/tensor.ts';
import type { Subject } from '../../harness/types/adapter.ts';

const values = { x: [0.3, -0.9], a: [0.29131261, -0.71629787] };
const e = values.a.map((v) => Math.exp(v));
const loss = 2 * ((e[0] as number) + (e[1] as number));

/** What a right network records, but the gradient of x, which is wrong by a factor of 2. */
const subject: Subject = {
  name: 'by hand',
  kind: 'trace',
  producer: null,
  runs: false,
  run: async () => {
    const vector = (numbers: readonly number[]) => sourceOf(float32([numbers.length], numbers));
    const da = e.map((v) => 2 * v);
    const dx = da.map((g, k) => 2 * g * (1 - (values.a[k] as number) ** 2));
    const recorded = { x: values.x, a: values.a, c: [...values.a, ...values.a], y: [...e, ...e] };
    return {
      observations: [],
      trace: {
        values: new Map([
          ...Object.entries(recorded).map(([name, numbers]) => [name, vector(numbers)] as const),
          ['loss', sourceOf(float32([], [loss]))] as const,
        ]),
        gradients: new Map([
          ['y', vector([1, 1, 1, 1])],
          ['c', vector([...e, ...e])],
          ['a', vector(da)],
          ['x', vector(dx)],
        ]),
        updates: new Map(),
        states: new Map(),
        metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() },
      },
    };
  },
  release: async () => {},
};

it('one operator without a gradient rule hides no other layer: its own gradient is incomparable, with the reason', async () => {
  const b = new GraphBuilder('sequence', 17);
  const a = b.node('Tanh', [b.input('x', 'float32', [2])], {}, { outputNames: ['a'] });
  const list = b.node('SequenceConstruct', [a, a], {}, { outputNames: ['list'] });
  const c = b.node('ConcatFromSequence', [list], { axis: int(0) }, { name: 'join', outputNames: ['c'] });
  b.node('Exp', [c], {}, { outputNames: ['y'] });
  b.output(b.node('ReduceSum', ['y'], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  const model = { graph: b.graph(), irVersion: 8, producer: '' };
  const reference = await referenceOf(model, 'sequence', { place: 'here' });
  const report = await check(subject, reference, { inputs: new Map([['x', sourceOf(float32([2], values.x))]]) });
  await reference.release();
  const backward = report.tensors.filter((row) => row.direction === 'backward');
  const verdicts = Object.fromEntries(backward.map(({ tensor, verdict }) => [tensor, verdict]));
  expect(verdicts).toMatchObject({ a: 'incomparable', c: 'match', x: 'mismatch', y: 'match' });
  expect(backward.find(({ tensor }) => tensor === 'a')?.reason).toMatch(/ConcatFromSequence/);
  expect(report.notes.join('\n')).toMatch(/has no gradient of a\. E_NO_GRADIENT/);
  expect(report.outcome).toBe('mismatch');
});
