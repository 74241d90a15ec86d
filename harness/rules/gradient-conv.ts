import { sizeOf } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, withData } from './_back.ts';
import { type Correlation, correlationOf, flipped, toInput, toWeight, wrongWindows } from './_conv-back.ts';
import { placeOf } from './_matrix.ts';

/** Convolutions on the way back: the kernel flipped or not, padding, stride and dilation forgotten, channels exchanged, one example instead of all. */
export const convGradient: Rule = {
  id: 'gradient-conv',
  ops: ['Conv', 'ConvTranspose'],
  *backward(context): Iterable<BackwardHypothesis> {
    const found = context.slot > 1 ? null : correlationOf(context);
    if (found === null) return;
    if (context.slot === 0) yield* input(found);
    else yield* weight(context, found);
  },
};

function* input(found: Correlation): Iterable<BackwardHypothesis> {
  const { sizes, weight: w } = found;
  const { window } = sizes;
  if (sizeOf(window.kernel) > 1) {
    yield sent(
      'gradient.kernel-not-flipped',
      'the gradient of the input is computed with the kernel the wrong way round: as in the forward pass, not flipped',
      'Let each input element collect from the outputs it went to: turn the kernel round in both directions (dx[o·s + k − p] += dy[o]·w[k]).',
      toInput(found, flipped(w), window),
    );
  }
  for (const [what, wrong] of wrongWindows(window)) {
    yield sent(
      'gradient.ignores-padding',
      `the gradient of the input ignores ${what}`,
      'Use the index formula of the forward pass: o·stride + k·dilation − padding.',
      toInput(found, w.data, wrong),
    );
  }
  const [a = 1, b = 1, ...kernel] = w.shape;
  for (const data of exchanged(w)) {
    yield sent(
      'gradient.weight-not-transposed',
      'the gradient of the input is computed with the channels of the weight exchanged (input for output)',
      `Read the weight as [${a}, ${b}, ${kernel.join(', ')}] and sum over its ${found.forward ? 'first' : 'second'} axis.`,
      toInput(found, data, window),
    );
  }
  const spatial = kernelTransposed(w);
  if (spatial !== null)
    yield sent(
      'gradient.weight-not-transposed',
      'the gradient of the input is computed with kernel height and width exchanged',
      'Index the kernel by row, then column, as in the forward pass.',
      toInput(found, spatial, window),
    );
}

function* weight(context: BackwardContext, found: Correlation): Iterable<BackwardHypothesis> {
  const { part, inputs, vjp } = context;
  const { window } = found.sizes;
  if (sizeOf(window.kernel) > 1) {
    yield sent(
      'gradient.kernel-flipped',
      'the gradient of the weight is flipped: row and column of the kernel run the wrong way',
      'Do not flip the weight gradient: dw[k] += dy[o]·x[o·s + k − p].',
      flipped(part),
    );
  }
  for (const [what, wrong] of wrongWindows(window)) {
    yield sent(
      'gradient.ignores-padding',
      `the gradient of the weight ignores ${what}`,
      'Use the index formula of the forward pass: o·stride + k·dilation − padding.',
      toWeight(found, wrong),
    );
  }
  for (const data of exchanged(part)) yield transposedGradient('output and input channels exchanged', data);
  const spatial = kernelTransposed(part);
  if (spatial !== null) yield transposedGradient('kernel height and width exchanged', spatial);
  const batch = found.sizes.batch;
  if (batch < 2) return;
  for (const [which, place] of [
    ['last', batch - 1],
    ['first', 0],
  ] as const) {
    const changed = [placeOf(inputs[0] as Value, place), ...inputs.slice(1)];
    const one = vjp({ inputs: changed, cotangents: [placeOf(context.cotangents[0] as Value, place)] })?.[1]?.data;
    if (one === undefined) continue;
    yield sent(
      'gradient.last-example-only',
      `only the ${which} of ${batch} examples takes part in the gradient of the weight`,
      'Add up the gradients of all examples.',
      one,
    );
  }
}

const transposedGradient = (what: string, data: Float64Array): BackwardHypothesis =>
  sent(
    'gradient.transposed',
    `the gradient of the weight is transposed: ${what}`,
    'Write it in the layout of the weight.',
    data,
  );

/** The first two axes exchanged, read into the same buffer: by index where they are equal, and by strides. */
function exchanged(value: Value): Float64Array[] {
  const [a = 1, b = 1] = value.shape;
  if (a === 1 || b === 1) return [];
  const taps = sizeOf(value.shape.slice(2));
  const swap = (rows: number, columns: number): Float64Array =>
    value.data.map((_, i) => {
      const [pair, tap] = [Math.floor(i / taps), i % taps];
      const [r, c] = [Math.floor(pair / columns), pair % columns];
      return value.data[(c * rows + r) * taps + tap] as number;
    });
  return a === b ? [swap(a, b)] : [swap(a, b), swap(b, a)];
}

/** Kernel rows and columns exchanged; null unless there are two axes, both longer than 1. */
function kernelTransposed(value: Value): Float64Array | null {
  const [height = 1, width = 1, ...more] = value.shape.slice(2);
  if (value.shape.length !== 4 || more.length > 0 || height === 1 || width === 1) return null;
  const plane = height * width;
  return withData(
    value,
    value.data.map((_, i) => {
      const at = i % plane;
      // Element (r, c) of the wrong kernel is read at (c, r) of the same buffer.
      const [r, c] = [Math.floor(at / width), at % width];
      return value.data[i - at + c * height + r] as number;
    }),
  ).data;
}
