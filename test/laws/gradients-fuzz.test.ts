import { describe, it } from '@jest/globals';
import fc from 'fast-check';
import { int, ints, text } from '../../adapters/onnx/rule.ts';
import type { Attributes } from '../../harness/types/graph.ts';
import type { CaseInput, GradientCase } from '../adapters/onnx/gradients/_case.ts';
import { apart, fedWhole, random, whole } from '../adapters/onnx/gradients/_case.ts';
import { openCase } from '../adapters/onnx/gradients/_case-run.ts';
import { isAdjoint } from '../adapters/onnx/gradients/_prove.ts';

type Arbitrary = fc.Arbitrary<GradientCase>;

const size = fc.integer({ min: 1, max: 4 });
const shapeOf = (least: number, most: number) => fc.array(size, { minLength: least, maxLength: most });
const vector = (...values: number[]): CaseInput => whole([values.length], values);
const one = (op: string, inputs: readonly CaseInput[], attributes: Attributes = {}, outputs = 1): GradientCase => ({
  op,
  name: 'random',
  inputs,
  attributes,
  outputs,
});
const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
/** A permutation of 0 … n − 1. */
const order = (n: number) => fc.shuffledSubarray([...Array(n).keys()], { minLength: n });
const indices = (count: number, limit: number) =>
  fc.array(fc.integer({ min: -limit, max: limit - 1 }), { minLength: count, maxLength: count });

const slices: Arbitrary = shapeOf(1, 3).chain((shape) => {
  const bound = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: shape.length, maxLength: shape.length });
  const steps = fc.array(fc.constantFrom(-3, -2, -1, 1, 1, 1, 2, 3), {
    minLength: shape.length,
    maxLength: shape.length,
  });
  return fc
    .record({ starts: bound, ends: bound, steps, axes: order(shape.length) })
    .map(({ starts, ends, steps: by, axes }) =>
      one('Slice', [random(...shape), vector(...starts), vector(...ends), vector(...axes), vector(...by)]),
    );
});

const pads: Arbitrary = shapeOf(1, 3).chain((shape) =>
  fc
    .record({
      mode: fc.constantFrom('constant', 'reflect', 'edge', 'wrap'),
      widths: fc.tuple(...[...shape, ...shape].map((length) => fc.integer({ min: 0, max: length - 1 }))),
    })
    .map(({ mode, widths }) => one('Pad', [random(...shape), vector(...widths)], { mode: text(mode) })),
);

const LENGTHS: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 4 };
const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 0, maxLength: 3 });
const einsums: Arbitrary = fc.array(letters, { minLength: 1, maxLength: 3 }).chain((terms) =>
  fc.shuffledSubarray([...new Set(terms.flat())]).map((output) => {
    const equation = `${terms.map((term) => term.join('')).join(',')}->${output.join('')}`;
    const operands = terms.map((term) => random(...term.map((letter) => LENGTHS[letter] as number)));
    return one('Einsum', operands, { equation: text(equation) });
  }),
);

/** Two shapes that broadcast against each other. */
const twoShapes = shapeOf(0, 3).chain((shape) => {
  const part = fc
    .tuple(fc.nat(shape.length), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }))
    .map(([drop, ones]) => shape.slice(drop).map((length, k) => (ones[k] ? 1 : length)));
  return fc.tuple(part, part);
});
const broadcasts: Arbitrary = fc
  .tuple(fc.constantFrom('Add', 'Sub', 'Mul', 'Sum'), twoShapes)
  .map(([op, [a, b]]) => one(op, [random(...a), random(...b)]));
const matMuls: Arbitrary = fc
  .tuple(twoShapes, size, size, size)
  .map(([[a, b], m, k, n]) => one('MatMul', [random(...a, m, k), random(...b, k, n)]));

const reductions: Arbitrary = shapeOf(1, 4).chain((shape) =>
  fc
    .record({
      op: fc.constantFrom(
        'ReduceSum',
        'ReduceMean',
        'ReduceL1',
        'ReduceL2',
        'ReduceSumSquare',
        'ReduceLogSumExp',
        'ReduceProd',
        'ReduceMax',
        'ReduceMin',
      ),
      axes: fc.subarray([...shape.keys()], { minLength: 1 }),
      keep: fc.constantFrom(0, 1),
    })
    .map(({ op, axes, keep }) => one(op, [apart(...shape), vector(...axes)], { keepdims: int(keep) })),
);

const gathers: Arbitrary = shapeOf(1, 3).chain((shape) =>
  fc
    .record({ axis: fc.nat(shape.length - 1), picked: shapeOf(0, 2) })
    .chain(({ axis, picked }) =>
      indices(product(picked), shape[axis] as number).map((at) =>
        one('Gather', [random(...shape), fedWhole(picked, at)], { axis: int(axis) }),
      ),
    ),
);

const scatters: Arbitrary = shapeOf(1, 3).chain((shape) =>
  fc
    .record({
      axis: fc.nat(shape.length - 1),
      reduction: fc.constantFrom('none', 'add', 'mul', 'min', 'max'),
      written: fc.tuple(...shape.map((length) => fc.integer({ min: 1, max: length }))),
    })
    .chain(({ axis, reduction, written }) =>
      indices(product(written), shape[axis] as number).map((at) =>
        one('ScatterElements', [apart(...shape), fedWhole(written, at), random(...written)], {
          axis: int(axis),
          reduction: text(reduction),
        }),
      ),
    ),
);

const moves: Arbitrary = shapeOf(1, 4).chain((shape) =>
  fc.oneof(
    order(shape.length).map((perm) => one('Transpose', [random(...shape)], { perm: ints(perm) })),
    fc
      .array(fc.integer({ min: 0, max: 3 }), { minLength: shape.length, maxLength: shape.length })
      .map((repeats) => one('Tile', [random(...shape), vector(...repeats)])),
    shapeOf(1, 3).map((wider) => one('Expand', [random(...shape.map(() => 1)), vector(...wider, ...shape)])),
    fc
      .nat(shape.length - 1)
      .map((axis) => one('Concat', [random(...shape), random(...shape), random(...shape)], { axis: int(axis) })),
    fc
      .record({ axis: fc.nat(shape.length - 1), exclusive: fc.constantFrom(0, 1), reverse: fc.constantFrom(0, 1) })
      .map(({ axis, exclusive, reverse }) =>
        one('CumSum', [random(...shape), whole([], [axis])], { exclusive: int(exclusive), reverse: int(reverse) }),
      ),
    fc
      .record({ axis: fc.nat(shape.length - 1), largest: fc.constantFrom(0, 1) })
      .map(({ axis, largest }) =>
        one('TopK', [apart(...shape), vector(1)], { axis: int(axis), largest: int(largest) }, 2),
      ),
  ),
);

const FAMILIES: Readonly<Record<string, Arbitrary>> = {
  slices,
  pads,
  einsums,
  broadcasts,
  matMuls,
  reductions,
  gathers,
  scatters,
  moves,
};

describe('for any shapes and attributes, ⟨dy, J v⟩ = ⟨Jᵀ dy, v⟩', () => {
  it.each(Object.entries(FAMILIES))('of %s', async (_, family) => {
    await fc.assert(
      fc.asyncProperty(family, async (found) => {
        const run = await openCase(found);
        await isAdjoint(run);
        await run.release();
      }),
      { seed: 20261123, numRuns: 80 },
    );
  });
});
