import { int } from '../../../../../adapters/onnx/rule.ts';
import { int64 } from '../../../../../harness/tensor.ts';
import type { Attributes } from '../../../../../harness/types/graph.ts';
import type { Shape, Tensor } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn } from '../layer-law.ts';

const linear = { step: 0.5, tolerance: 1e-6 };

const transformed = (
  claim: string,
  shape: Shape,
  attributes: Attributes = {},
  more: readonly (Tensor | null)[] = [],
): LayerCase => ({
  claim: `DFT ${claim}`,
  op: 'DFT',
  opset: 20,
  inputs: [randn(shape, 121, 'float64'), ...more],
  attributes,
  ...linear,
});

const framed = (claim: string, shape: Shape, window: Tensor | null, attributes: Attributes): LayerCase => ({
  claim: `STFT ${claim}`,
  op: 'STFT',
  inputs: [randn(shape, 122, 'float64'), int64([], [3]), window, int64([], [5])],
  attributes,
  ...linear,
});

export const spectra: readonly LayerCase[] = [
  transformed('of real numbers', [2, 7, 3, 1], {}, [null, int64([], [1])]),
  transformed('of complex numbers along the default axis', [2, 3, 5, 2]),
  transformed('onesided', [2, 7, 1], { onesided: int(1) }),
  transformed('onesided, of an even length', [2, 8, 1], { onesided: int(1) }),
  transformed('filled to a length', [2, 5, 2], {}, [int64([], [7])]),
  transformed('cut to a length', [2, 7, 1], { onesided: int(1) }, [int64([], [5])]),
  transformed('inverse', [2, 7, 2], { inverse: int(1) }),
  transformed('inverse, filled to a length', [2, 5, 2], { inverse: int(1) }, [int64([], [8])]),
  framed('of real frames with a window', [2, 17, 1], randn([5], 123, 'float64'), { onesided: int(1) }),
  framed('of real frames without a window', [2, 17, 1], null, { onesided: int(1) }),
];
