import { int, text } from '../../../../../adapters/onnx/rule.ts';
import { fromNumbers } from '../../../../../harness/tensor.ts';
import type { DataType, Shape, Tensor } from '../../../../../harness/types/tensor.ts';
import type { LayerCase } from '../layer-law.ts';
import { randn, randnOf } from '../layer-law.ts';

const CLASSES = 5;

/** Labels over all classes; where `ignored` is given, some samples carry it. */
function labels(shape: Shape, dtype: DataType, ignored?: number): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return fromNumbers(
    dtype,
    shape,
    Array.from({ length: size }, (_, k) => (ignored !== undefined && k % 3 === 1 ? ignored : (k * 7 + 2) % CLASSES)),
  );
}

function cases(op: string): LayerCase[] {
  const made: LayerCase[] = [];
  for (const reduction of ['none', 'sum', 'mean']) {
    for (const weighted of [false, true]) {
      for (const ignored of [undefined, 2, -100]) {
        for (const shape of [[7], [3, 2, 4]] as const) {
          const dtype: DataType = (made.length + (weighted ? 1 : 0)) % 2 === 0 ? 'float64' : 'float32';
          const scores = randn([shape[0], CLASSES, ...shape.slice(1)], 41 + made.length, dtype);
          const weights = randnOf([CLASSES], 5, (x) => 0.3 + Math.abs(x), dtype);
          const index = made.length % 4 < 2 ? 'int64' : 'int32';
          made.push({
            claim: `${op} ${reduction}${weighted ? ', weighted' : ''}${ignored === undefined ? '' : `, ignoring ${ignored}`}, labels [${shape}], ${dtype}`,
            op,
            inputs: [scores, labels(shape, index, ignored), ...(weighted ? [weights] : [])],
            attributes: {
              reduction: text(reduction),
              ...(ignored === undefined ? {} : { ignore_index: int(ignored) }),
            },
            step: dtype === 'float64' ? 2 ** -10 : 2 ** -5,
          });
        }
      }
    }
  }
  return made;
}

const logProbability: readonly LayerCase[] = [true, false].map((both) => ({
  claim: `SoftmaxCrossEntropyLoss through ${both ? 'loss and log_prob' : 'log_prob alone'}`,
  op: 'SoftmaxCrossEntropyLoss',
  inputs: [randn([3, CLASSES, 2], 6, 'float64'), labels([3, 2], 'int64')],
  outputs: 2,
  seeded: both ? [0, 1] : [1],
  step: 2 ** -9,
}));

export const losses: readonly LayerCase[] = [
  ...cases('SoftmaxCrossEntropyLoss'),
  ...logProbability,
  ...cases('NegativeLogLikelihoodLoss'),
];
