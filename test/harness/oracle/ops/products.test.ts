import { describe, expect, it } from '@jest/globals';
import { float32, float64 } from '../../../../harness/oracle/arithmetic.ts';
import { f, trial } from './_named.ts';
import { expectLawful, float, forward, int, ints, text, type Trial, value } from './_vjp-laws.ts';

const x2357 = f([2, 3, 5, 7], 5, 0.4, 1.6);
const axis = (i: number) => value('int64', [], [i]);
const einsum = (equation: string, ...shapes: number[][]) =>
  trial(
    'Einsum',
    shapes.map((shape, i) => f(shape, i + 1)),
    { attributes: { equation: text(equation) } },
  );

const products: readonly (readonly [string, string, Trial])[] = [
  ['MatMul', 'matrices', trial('MatMul', [f([3, 5], 1), f([5, 7], 2)])],
  ['MatMul', 'a vector on the left', trial('MatMul', [f([5], 1), f([3, 5, 7], 2)])],
  ['MatMul', 'a vector on the right', trial('MatMul', [f([2, 3, 5], 1), f([5], 2)])],
  ['MatMul', 'two vectors', trial('MatMul', [f([5], 1), f([5], 2)])],
  ['MatMul', 'batches that broadcast', trial('MatMul', [f([2, 1, 3, 5], 1), f([3, 5, 2], 2)])],
  [
    'com.microsoft.FusedMatMul',
    'both transposed',
    trial('com.microsoft.FusedMatMul', [f([2, 5, 3], 1), f([2, 7, 5], 2)], {
      attributes: { transA: int(1), transB: int(1), alpha: float(0.7) },
    }),
  ],
  [
    'com.microsoft.FusedMatMul',
    'left transposed',
    trial('com.microsoft.FusedMatMul', [f([2, 5, 3], 1), f([5, 7], 2)], { attributes: { transA: int(1) } }),
  ],
  [
    'com.microsoft.FusedMatMul',
    'right transposed',
    trial('com.microsoft.FusedMatMul', [f([3, 5], 1), f([2, 7, 5], 2)], { attributes: { transB: int(1) } }),
  ],
  ['Gemm', 'plain, a bias a column', trial('Gemm', [f([3, 5], 1), f([5, 7], 2), f([7], 3)])],
  [
    'Gemm',
    'transA, a bias a row',
    trial('Gemm', [f([5, 3], 1), f([5, 7], 2), f([3, 1], 3)], {
      attributes: { transA: int(1), alpha: float(0.7), beta: float(1.3) },
    }),
  ],
  [
    'Gemm',
    'transB, a scalar bias',
    trial('Gemm', [f([3, 5], 1), f([7, 5], 2), f([], 3)], { attributes: { transB: int(1), beta: float(0.5) } }),
  ],
  [
    'Gemm',
    'both transposed, no bias',
    trial('Gemm', [f([5, 3], 1), f([7, 5], 2)], { attributes: { transA: int(1), transB: int(1), alpha: float(-2) } }),
  ],
  ['Einsum', 'attention', einsum('bhid,bhjd->bhij', [2, 3, 5, 7], [2, 3, 2, 7])],
  ['Einsum', 'three operands', einsum('ij,jk,kl->il', [2, 3], [3, 5], [5, 7])],
  ['Einsum', 'a diagonal', einsum('...ii->...i', [2, 3, 3])],
  ['Einsum', 'a trace, without arrow', einsum('ii', [5, 5])],
  ['Einsum', 'an ellipsis that broadcasts', einsum('...ij,...jk->...ik', [2, 3, 5], [5, 7])],
  ['Einsum', 'an index summed out of one operand', einsum('ij,j->j', [3, 5], [5])],
  ['Det', 'a batch', trial('Det', [f([2, 3, 3], 1)])],
];

const reductions: readonly (readonly [string, string, Trial])[] = [
  ...['Sum', 'Mean', 'SumSquare', 'L1', 'L2', 'LogSum', 'LogSumExp', 'Prod', 'Max', 'Min'].flatMap((kind) => {
    const name = `Reduce${kind}`;
    return [
      [name, 'two axes as input', trial(name, [x2357, value('int64', [2], [-1, 1])])],
      [
        name,
        'axes as attribute, dropped',
        trial(name, [x2357], { opset: 11, attributes: { axes: ints(0, -2), keepdims: int(0) } }),
      ],
      [name, 'everything', trial(name, [f([3, 5], 7, 0.4, 1.6)])],
      [name, 'nothing', trial(name, [f([3, 5], 7, 0.4, 1.6)], { attributes: { noop_with_empty_axes: int(1) } })],
    ] as const;
  }),
  [
    'ReduceProd',
    'with zeros',
    trial('ReduceProd', [value('float32', [2, 3], [0, 2, 3, 0, 5, 0]), value('int64', [1], [1])]),
  ],
  ['ReduceL1', 'of both signs', trial('ReduceL1', [f([3, 5], 7)])],
  ['CumProd', 'forwards', trial('CumProd', [f([3, 5], 1), axis(1)])],
  [
    'CumProd',
    'exclusive, backwards',
    trial('CumProd', [f([3, 5], 1), axis(-1)], { attributes: { exclusive: int(1), reverse: int(1) } }),
  ],
];

export const tried: readonly string[] = [...products, ...reductions].map(([name]) => name);

describe('products', () => {
  it.each(products)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));

  it('sum in order in the float32 form, rounding each product and each sum', () => {
    const [a, b] = [f([2, 23], 1, 0.5, 1.5), f([23, 3], 2, 0.5, 1.5)];
    const y = forward(trial('MatMul', [a, b]), float32)[0]!.data;
    for (let r = 0; r < 2; r++) {
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let k = 0; k < 23; k++) sum = Math.fround(sum + Math.fround(a.data[r * 23 + k]! * b.data[k * 3 + c]!));
        expect(y[r * 3 + c]).toBe(sum);
      }
    }
  });

  it('of 512 × 512 matrices take seconds, not minutes', () => {
    const each = trial('MatMul', [f([512, 512], 1), f([512, 512], 2)]);
    const start = performance.now();
    forward(each, float64);
    forward(each, float32);
    expect(performance.now() - start <= 20_000).toBe(true);
  });

  it('of shapes that do not fit are an error that shows them', () => {
    expect(() => forward(trial('MatMul', [f([2, 3], 1), f([2, 3], 2)]))).toThrow(/E_SHAPE.*\[2, 3\] × \[2, 3\]/);
  });
});

describe('reductions', () => {
  it.each(reductions)('%s, %s: its product is the derivative of its forward', (_op, _what, each) => expectLawful(each));
});
