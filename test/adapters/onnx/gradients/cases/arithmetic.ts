import { int } from '../../../../../adapters/onnx/rule.ts';
import type { CaseInput, GradientCase } from '../_case.ts';
import { apart, between, given, mask, positive, random, same, whole } from '../_case.ts';

/** Two inputs in every form in which one is broadcast against the other. */
function broadcasts(op: string, a: Draw, b: Draw, rest: Partial<GradientCase> = {}): GradientCase[] {
  const forms: [string, CaseInput, CaseInput][] = [
    ['same shape', a(2, 3, 5), b(2, 3, 5)],
    ['left is a scalar', a(), b(3, 5)],
    ['right is a vector', a(2, 3, 5), b(5)],
    ['both are broadcast', a(2, 1, 5), b(3, 1)],
    ['an axis of size 1 stays', a(2, 1, 5), b(1, 1, 5)],
    ['an empty axis', a(0, 3), b(1)],
  ];
  return forms.map(([name, x, y]) => ({ op, name, inputs: [x, y], ...rest }));
}

/** Decides only how many elements there are. */
const fixedLimit: CaseInput = { kind: 'drawn', shape: [], between: [4.1, 4.2], silent: true };

type Draw = (...shape: number[]) => CaseInput;

export const cases: readonly GradientCase[] = [
  ...broadcasts('Add', random, random),
  ...broadcasts('Sub', random, random),
  ...broadcasts('Mul', random, random),
  ...broadcasts('Div', random, positive),
  ...broadcasts('Pow', positive, random),
  ...broadcasts('Max', onGrid, offGrid),
  ...broadcasts('Min', onGrid, offGrid),
  ...broadcasts('Sum', random, random),
  ...broadcasts('Mean', random, random, { dtype: 'float32' }),
  ...['Add', 'Sub', 'Mul'].map((op) => ({ op, name: 'a tensor with itself', inputs: [random(3, 5), same(0)] })),
  { op: 'Div', name: 'a tensor by itself', inputs: [positive(3, 5), same(0)] },
  { op: 'Pow', name: 'a tensor to its own power', inputs: [positive(3, 5), same(0)] },
  { op: 'Pow', name: 'whole exponents of a negative base', inputs: [apart(3, 5), whole([], [3])] },
  { op: 'Pow', name: 'exponent 0', inputs: [apart(3, 5), whole([], [0])] },
  { op: 'Pow', name: 'square of zero', inputs: [given([3], [0, -1, 2]), whole([1], [2])] },
  { op: 'Sum', name: 'one input', inputs: [random(3)] },
  { op: 'Mean', name: 'one input', inputs: [random(3)], dtype: 'float32' },
  { op: 'Max', name: 'one input', inputs: [random(3)] },
  { op: 'Sum', name: 'three inputs, one twice', inputs: [random(3, 1), random(5), same(0)] },
  { op: 'Mean', name: 'three inputs, one twice', inputs: [random(3, 1), random(5), same(0)], dtype: 'float32' },
  { op: 'Max', name: 'three inputs', inputs: [given([2], [1, 5]), given([3, 1], [2, 4, 6]), given([1], [3])] },
  { op: 'Min', name: 'three inputs', inputs: [given([2], [1, 5]), given([3, 1], [2, 4, 6]), given([1], [3])] },
  {
    op: 'Mod',
    name: 'fmod',
    inputs: [given([4], [5.3, -5.3, 2.2, 7.9]), given([4], [2, 2, -3, 1.5])],
    attributes: { fmod: int(1) },
  },
  {
    op: 'Mod',
    name: 'fmod, broadcast',
    inputs: [given([2, 1], [5.3, -7.1]), given([2], [2, 1.3])],
    attributes: { fmod: int(1) },
  },
  { op: 'Where', name: 'same shape', inputs: [mask([2, 3], [1, 0, 0, 1, 1, 0]), random(2, 3), random(2, 3)] },
  { op: 'Where', name: 'all three are broadcast', inputs: [mask([2, 1, 1], [1, 0]), random(3, 1), random(5)] },
  { op: 'Where', name: 'both branches are one tensor', inputs: [mask([3], [1, 0, 1]), random(3), same(1)] },
  { op: 'Range', name: 'start and delta', inputs: [given([], [0.5]), fixedLimit, given([], [0.7])] },
];

/** Values that never tie with those of {@link offGrid}. */
function onGrid(...shape: number[]): CaseInput {
  return shape.length === 0 || shape.includes(0) ? between(-0.01, 0.01, ...shape) : apart(...shape);
}

/** Between two points of the grid of {@link onGrid}. */
function offGrid(...shape: number[]): CaseInput {
  return between(0.45, 0.55, ...shape);
}
