import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { createOracle } from '../../../harness/oracle/index.ts';
import { float32, fromNumbers, sourceOf } from '../../../harness/tensor.ts';
import type { TensorSource } from '../../../harness/types/tensor.ts';

/** loss = Σ dropout(x), in training. */
function network() {
  const b = new GraphBuilder('dropout', 21);
  const x = b.input('x', 'float32', [5]);
  const ratio = b.initializer('ratio', float32([], [0.75]));
  const training = b.initializer('training', fromNumbers('bool', [], [1]));
  b.nodes('Dropout', [x, ratio, training], {}, { outputs: 2, outputNames: ['y', 'mask'] });
  b.output(b.node('ReduceSum', ['y'], { keepdims: { kind: 'int', value: 0 } }, { outputNames: ['loss'] }));
  return b.graph();
}

describe('Dropout in training', () => {
  const inputs = new Map<string, TensorSource>([['x', sourceOf(float32([5], [1, 2, 3, 5, 7]))]]);
  const y = sourceOf(float32([5], [4, 0, 12, 0, 0]));
  const mask = sourceOf(fromNumbers('bool', [5], [1, 0, 1, 0, 0]));

  it('is differentiated through the mask that was recorded', () => {
    const oracle = createOracle(network(), {
      inputs,
      values: new Map([
        ['y', y],
        ['mask', mask],
      ]),
      gradients: new Map(),
      loss: 'loss',
    });
    const { r64, n32 } = oracle.gradient('x');
    expect([Array.from(r64.data), Array.from(n32.data)]).toEqual([
      [4, 0, 4, 0, 0],
      [4, 0, 4, 0, 0],
    ]);
  });
  it('cannot be computed again: says so, and what to record', () => {
    const oracle = createOracle(network(), { inputs, values: new Map([['y', y]]), gradients: new Map(), loss: 'loss' });
    expect(() => oracle.value('y').r64).toThrow(/E_UNSUPPORTED.*random.*Record its output/);
    expect(() => oracle.gradient('x').r64).toThrow(/E_UNSUPPORTED.*random/);
  });
});
