import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { region } from '../../../harness/rules/region.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, int, normal } from '../../support/diagnosis-kit.ts';

const SHAPE = [7, 5, 3];
const b = new GraphBuilder('g', 21);
b.output(b.node('Neg', [b.input('x', 'float32', SHAPE)], {}, { outputNames: ['y'] }));
const graph = b.graph();
const values = new Map([['x', normal(SHAPE, 1)]]);
const right = computed(graph, values, 'y');

/** What the rule alone says where elements are off by something that no bug makes. */
function said(wrong: (i: number) => boolean): string | undefined {
  const data = Float32Array.from(right.data as Float32Array, (v, i) => (wrong(i) ? v + 1 + Math.sin(i * i) / 2 : v));
  const subject: Tensor = { ...right, data };
  return diagnose({ graph, values, tensor: 'y', subject, rules: [region] }).cause?.claim;
}

describe('a region', () => {
  it('is a whole row, or all rows behind one', () => {
    expect(said((i) => i >= 6 * 15)).toContain('place 6 of 7 along axis 0');
    expect(said((i) => i >= 15)).toContain('places 1 to 6 of 7 along axis 0');
  });
  it('is not a few elements that happen to lie in one row', () => {
    expect(said((i) => i === 46 || i === 52)).toBeUndefined();
  });
  it('is not what follows the first step of a sequence, which is right under many a bug of the recurrence', () => {
    const steps = new GraphBuilder('r', 21);
    const parameters = [steps.input('x', 'float32', [7, 3, 2]), steps.input('w', 'float32', [1, 5, 2])];
    steps.node(
      'RNN',
      [...parameters, steps.input('r', 'float32', [1, 5, 5])],
      { hidden_size: int(5) },
      { outputNames: ['y'] },
    );
    steps.output('y');
    const sequence = steps.graph();
    const given = new Map([
      ['x', normal([7, 3, 2], 2)],
      ['w', normal([1, 5, 2], 3)],
      ['r', normal([1, 5, 5], 4)],
    ]);
    const states = computed(sequence, given, 'y');
    const first = (i: number): boolean => i < 15;
    const later = Float32Array.from(states.data as Float32Array, (v, i) => (first(i) ? v : v + Math.sin(i * i) / 2));
    const last = Float32Array.from(states.data as Float32Array, (v, i) => (i < 90 ? v : v + Math.sin(i * i) / 2));
    const told = (data: Float32Array) =>
      diagnose({ graph: sequence, values: given, tensor: 'y', subject: { ...states, data }, rules: [region] }).cause;
    expect(told(later)).toBeNull();
    expect(told(last)?.claim).toContain('place 6 of 7 along axis 0');
  });
  it('is not most of the tensor', () => {
    expect(said((i) => i < 5 * 15)).toBeUndefined();
  });
});
