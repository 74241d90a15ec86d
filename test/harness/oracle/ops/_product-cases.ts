import { f, trial } from './_named.ts';
import { float, int, ints, text, type Trial, value } from './_vjp-laws.ts';

const x2357 = f([2, 3, 5, 7], 5, 0.4, 1.6);
const axis = (i: number) => value('int64', [], [i]);
const einsum = (equation: string, ...shapes: number[][]) =>
  trial(
    'Einsum',
    shapes.map((shape, i) => f(shape, i + 1)),
    { attributes: { equation: text(equation) } },
  );

export const products: readonly (readonly [string, string, Trial])[] = [
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

export const reductions: readonly (readonly [string, string, Trial])[] = [
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

const i64 = (...data: number[]) => value('int64', [], data);

/** Fourier transforms: linear in the signal. */
export const spectra: readonly (readonly [string, string, Trial])[] = [
  ['DFT', 'of a real signal', trial('DFT', [f([2, 7, 3, 1], 1), undefined, i64(1)])],
  ['DFT', 'onesided, cut short', trial('DFT', [f([2, 7, 1], 1), i64(5)], { attributes: { onesided: int(1) } })],
  ['DFT', 'complex, filled up', trial('DFT', [f([2, 3, 5, 2], 1), i64(8), i64(-2)])],
  ['DFT', 'inverse', trial('DFT', [f([2, 7, 2], 1)], { attributes: { inverse: int(1) } })],
  ['DFT', 'axis as attribute', trial('DFT', [f([2, 5, 3, 2], 1)], { opset: 17, attributes: { axis: int(2) } })],
  ['STFT', 'with a window', trial('STFT', [f([2, 17, 1], 1), i64(3), f([7], 2)])],
  [
    'STFT',
    'both sides, no window',
    trial('STFT', [f([1, 13, 1], 1), i64(2), undefined, i64(5)], { attributes: { onesided: int(0) } }),
  ],
];

/** What ONNX Runtime does not have. */
export const inverseHalves: readonly (readonly [string, string, Trial])[] = [
  [
    'DFT',
    'from half an even spectrum',
    trial('DFT', [f([2, 4, 2], 1)], { attributes: { inverse: int(1), onesided: int(1) } }),
  ],
  [
    'DFT',
    'from half an odd spectrum',
    trial('DFT', [f([2, 4, 2], 1), i64(7)], { attributes: { inverse: int(1), onesided: int(1) } }),
  ],
];
