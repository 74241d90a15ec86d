import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/build.ts';
import { toNumbers } from '../../../harness/tensor.ts';
import type { Tensor } from '../../../harness/types/tensor.ts';
import { computed, diagnose, filled, normal } from '../../support/diagnosis-kit.ts';

// A product, a bias and a tanh, recorded by its last tensor alone: the bug is in the product, which nothing shows.

const [ROWS, INNER, COLUMNS] = [5, 7, 11];
const x = normal([ROWS, INNER], 51);
const w = normal([INNER, COLUMNS], 52, 0.3);
const bias = normal([COLUMNS], 53);
const old = normal([ROWS, COLUMNS], 54);

const g = new GraphBuilder('hidden', 17);
const before = g.node('Neg', [g.input('old', 'float32', old.shape)], {}, { outputNames: ['before'] });
const h = g.node('MatMul', [g.input('x', 'float32', x.shape), g.initializer('w', w)], {}, { outputNames: ['h'] });
const sum = g.node('Add', [h, g.initializer('b', bias)], {}, { outputNames: ['sum'] });
g.output(g.node('Tanh', [sum], {}, { outputNames: ['y'] }));
g.output(before);
const values = new Map([
  ['x', x],
  ['old', old],
]);
const product = toNumbers(computed(g.graph(), values, 'h'));
const held = toNumbers(computed(g.graph(), values, 'before'));

type At = (i: number, j: number) => number;
const right: At = (i, j) => product[i * COLUMNS + j]!;
const buffer: At = (i, j) => held[i * COLUMNS + j]!;

function causeOf(inside: At) {
  const shifts = toNumbers(bias);
  const subject: Tensor = filled([ROWS, COLUMNS], ([i, j]) => Math.tanh(Math.fround(inside(i!, j!) + shifts[j!]!)));
  return diagnose({ graph: g.graph(), values, tensor: 'y', subject, recorded: ['before', 'y'] }).cause;
}

describe('a bug of a tensor that is not recorded', () => {
  it.each<[string, string, At]>([
    ['rolled along its last axis', 'index.shifted', (i, j) => right(i, (j + COLUMNS - 1) % COLUMNS)],
    ['shifted, with zeros behind', 'index.shifted', (i, j) => (j === COLUMNS - 1 ? 0 : right(i, j + 1))],
    ['shifted along its first axis, repeating the edge', 'index.shifted', (i, j) => right(Math.max(0, i - 1), j)],
    ['in reverse along its last axis', 'index.reversed', (i, j) => right(i, COLUMNS - 1 - j)],
    ['in reverse along the batch', 'index.reversed', (i, j) => right(ROWS - 1 - i, j)],
    ['the first example for every one', 'region.partial', (_, j) => right(0, j)],
    ['the tail of its buffer not written', 'region.partial', (i, j) => (i * COLUMNS + j >= 52 ? 0 : right(i, j))],
    [
      'its axes swapped in memory',
      'axes.permuted',
      (i, j) => {
        const place = i * COLUMNS + j;
        return right(place % ROWS, Math.floor(place / ROWS));
      },
    ],
    ['an old buffer in its place', 'value.stale', buffer],
    ['added to an old buffer', 'value.accumulated', (i, j) => Math.fround(right(i, j) + buffer(i, j))],
  ])('is named: %s', (_, cause, inside) => {
    expect(causeOf(inside)?.id).toBe(cause);
  });

  it('is not named where its numbers are right, or nothing that a form says', () => {
    expect(causeOf(right)).toBeNull();
    expect(causeOf((i, j) => right(i, j) + Math.sin(i + 3 * j))).toBeNull();
  });

  it('is said of the tensor inside the layer', () => {
    const claim = causeOf((i, j) => right(i, COLUMNS - 1 - j))?.claim;
    expect(claim).toMatch(/hands on inside this layer is right, but in reverse along axis 1/);
  });
});
