import { int, type Plan } from './cases.ts';
import { batchNormTraining } from './batch-norm.ts';
import * as w from './layers.ts';
import { n, plan, u } from './plan.ts';

/** Batch normalisation by the statistics of the batch: of the outputs only y is compared. */
const training = (mean: number): Plan => ({
  name: `BatchNormalization training, mean ${mean}`,
  inputs: [n([3, 5, 7, 11], mean), n([5], 1, 0.3), n([5]), n([5]), u([5], 0.5, 2)],
  written: batchNormTraining(Math.fround(1e-5)),
  opset: 21,
  build: (b, names) =>
    b.nodes(
      'BatchNormalization',
      names,
      { training_mode: int(1) },
      { name: 'layer', outputNames: ['y', 'running_mean', 'running_variance'] },
    )[0] as string,
});

/** Inputs on which a bug shows that ordinary ones hide: large logits, small variances, sums without cancellation, sure predictions. */
export const morePlans: readonly Plan[] = [
  training(0),
  training(100),
  plan('Softmax logits 100', 'Softmax', [n([7, 129], 0, 100)], w.softmax),
  plan('Softplus wide', 'Softplus', [u([3, 41], -100, 100)], w.softplus),
  plan('Sigmoid wide', 'Sigmoid', [u([3, 41], -100, 100)], w.sigmoid),
  plan('ReduceMean of 13', 'ReduceMean', [n([13], 3)], w.mean),
  plan(
    'LayerNormalization variance 1e-4',
    'LayerNormalization',
    [n([11, 67], 0, 1e-2), n([67], 1, 0.3), n([67])],
    w.layerNorm(1e-5),
  ),
  plan(
    'InstanceNormalization variance 1e-4',
    'InstanceNormalization',
    [n([3, 5, 7, 11], 0, 1e-2), n([5], 1, 0.3), n([5])],
    w.groupNorm(Math.fround(1e-5)),
  ),
  plan(
    'RMSNormalization tiny',
    'RMSNormalization',
    [n([11, 67], 0, 1e-2), n([67], 1, 0.3)],
    w.rmsNorm(Math.fround(1e-5)),
    { axis: int(-1) },
    23,
  ),
  {
    name: 'BinaryCrossEntropy sure',
    opset: 21,
    inputs: [n([7, 31], 0, 30), u([7, 31], 0, 1)],
    written: w.binaryCrossEntropy,
    build: (b, [x, y]) => {
      const d = b.node('Sub', [b.node('Softplus', [x!]), b.node('Mul', [x!, y!])]);
      return b.node('ReduceMean', [d], { keepdims: int(0) }, { name: 'layer', outputNames: ['y'] });
    },
  },
];
