import { int } from '../../onnx/rule.ts';
import { type Sketchpad, scalar, whole } from './_layer.ts';

/** What tfjs-layers adds to keep logarithms finite. */
const EPSILON = 1e-7;

/** Losses whose labels are whole numbers, one a sample. */
export const WHOLE_LABELS: ReadonlySet<string> = new Set(['sparseCategoricalCrossentropy']);

type DescribeLoss = (pad: Sketchpad, labels: string, output: string) => string;

/** Losses that can be described. */
export const describedLosses = (): readonly string[] => Object.keys(LOSSES).sort();

/** Writes a loss, the mean over all samples, and returns its name. */
export function describeLoss(pad: Sketchpad, kind: string): string {
  const [labels, output] = pad.inputs as [string, string];
  return meanOf(pad, (LOSSES[kind] as DescribeLoss)(pad, labels, output));
}

const meanOf = (pad: Sketchpad, x: string): string => pad.emit('ReduceMean', [x], { keepdims: int(0) });
const lastMean = (pad: Sketchpad, x: string): string =>
  pad.emit('ReduceMean', [x, whole(pad, [-1])], { keepdims: int(0) });
const lastSum = (pad: Sketchpad, x: string, keep = 0): string =>
  pad.emit('ReduceSum', [x, whole(pad, [-1])], { keepdims: int(keep) });
const square = (pad: Sketchpad, x: string): string => pad.emit('Mul', [x, x]);
const clipped = (pad: Sketchpad, x: string, low: number, high: number): string =>
  pad.emit('Clip', [x, scalar(pad, low), scalar(pad, high)]);

const categorical: DescribeLoss = (pad, labels, output) => {
  const share = pad.emit('Div', [output, lastSum(pad, output, 1)]);
  const logs = pad.emit('Log', [clipped(pad, share, EPSILON, 1 - EPSILON)]);
  return pad.emit('Neg', [lastSum(pad, pad.emit('Mul', [labels, logs]))]);
};

const sparse: DescribeLoss = (pad, labels, output) => {
  const safe = clipped(pad, output, EPSILON, 1 - EPSILON);
  const flat = pad.emit('Reshape', [labels, whole(pad, [-1])]);
  const size = pad.emit('Shape', [output], { start: int(-1) });
  const depth = pad.emit('Reshape', [size, whole(pad, [1])]);
  const hot = pad.emit('OneHot', [
    pad.emit('Cast', [flat], { to: int(7) }),
    depth,
    pad.constant({ dtype: 'float32', shape: [2], data: Float32Array.of(0, 1) }),
  ]);
  return categorical(pad, pad.emit('Reshape', [hot, pad.emit('Shape', [output])]), safe);
};

const binary: DescribeLoss = (pad, labels, output) => {
  const y = clipped(pad, output, EPSILON, 1 - EPSILON);
  const logits = pad.emit('Log', [pad.emit('Div', [y, pad.emit('Sub', [scalar(pad, 1), y])])]);
  const product = pad.emit('Mul', [logits, labels]);
  const tail = pad.emit('Log', [
    pad.emit('Add', [scalar(pad, 1), pad.emit('Exp', [pad.emit('Neg', [pad.emit('Abs', [logits])])])]),
  ]);
  return lastMean(pad, pad.emit('Add', [pad.emit('Sub', [pad.emit('Relu', [logits]), product]), tail]));
};

const hinged = (pad: Sketchpad, labels: string, output: string): string => {
  const margin = pad.emit('Sub', [scalar(pad, 1), pad.emit('Mul', [labels, output])]);
  return pad.emit('Max', [scalar(pad, 0), margin]);
};

const LOSSES: Readonly<Record<string, DescribeLoss>> = {
  meanSquaredError: (pad, labels, output) => lastMean(pad, square(pad, pad.emit('Sub', [output, labels]))),
  meanAbsoluteError: (pad, labels, output) => lastMean(pad, pad.emit('Abs', [pad.emit('Sub', [output, labels])])),
  hinge: (pad, labels, output) => lastMean(pad, hinged(pad, labels, output)),
  squaredHinge: (pad, labels, output) => lastMean(pad, square(pad, hinged(pad, labels, output))),
  logcosh: (pad, labels, output) => {
    const difference = pad.emit('Sub', [output, labels]);
    const soft = pad.emit('Softplus', [pad.emit('Mul', [scalar(pad, -2), difference])]);
    return lastMean(pad, pad.emit('Sub', [pad.emit('Add', [difference, soft]), scalar(pad, Math.log(2))]));
  },
  poisson: (pad, labels, output) => {
    const logs = pad.emit('Log', [pad.emit('Add', [scalar(pad, EPSILON), output])]);
    return lastMean(pad, pad.emit('Sub', [output, pad.emit('Mul', [labels, logs])]));
  },
  kullbackLeiblerDivergence: (pad, labels, output) => {
    const ratio = pad.emit('Div', [clipped(pad, labels, EPSILON, 1), clipped(pad, output, EPSILON, 1)]);
    return lastSum(pad, pad.emit('Mul', [labels, pad.emit('Log', [ratio])]));
  },
  categoricalCrossentropy: categorical,
  sparseCategoricalCrossentropy: sparse,
  binaryCrossentropy: binary,
};
