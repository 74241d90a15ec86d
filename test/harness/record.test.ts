import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { int } from '../../adapters/onnx/rule.ts';
import { toNumbers } from '../../harness/tensor.ts';
import { benchOf, checked, random } from '../support/bench.ts';

function graph(loss: boolean) {
  const b = new GraphBuilder('g', 17);
  const h = b.node(
    'MatMul',
    [b.input('x', 'float32', [3, 5]), b.initializer('w', random([5, 7], 1))],
    {},
    { outputNames: ['h'] },
  );
  if (!loss) b.output(h, 'float32', [3, 7]);
  else b.output(b.node('ReduceMean', [h], { keepdims: int(0) }, { outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}

describe('the reference’s own trace', () => {
  it('holds every value and every gradient, in order, and matches itself', async () => {
    const bench = await benchOf(graph(true), { x: random([3, 5], 2) });
    expect([...bench.trace.values.keys()].toSorted()).toEqual(['h', 'loss', 'w', 'x']);
    expect([...bench.trace.gradients.keys()].toSorted()).toEqual(['h', 'loss', 'w', 'x']);
    expect(bench.trace.metadata.order).toEqual(['x', 'h', 'loss']);
    expect([...toNumbers(bench.trace.gradients.get('h')!.read())]).toEqual(
      Array.from({ length: 21 }, () => Math.fround(1 / 21)),
    );
    const report = await checked(bench);
    expect([report.outcome, report.notes]).toEqual(['match', []]);
  });

  it('has no gradients where there is no scalar', async () => {
    const bench = await benchOf(graph(false), { x: random([3, 5], 2) });
    expect(bench.trace.gradients.size).toBe(0);
    expect((await checked(bench)).notes.join()).toContain('no gradients');
  });
});
