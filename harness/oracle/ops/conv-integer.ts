import { sizeOf } from '../../shape.ts';
import type { Arithmetic, Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { correlate } from './_convolution.ts';
import { makeValue } from './_kit.ts';
import { centred, ofSteps, type Steps } from './_quantize.ts';
import { convolutionOf } from './conv.ts';

/** Sums of products of 8-bit integers are whole numbers far below 2^53. */
const EXACT: Arithmetic = { name: 'float64', round: (x) => x };

/** Conv of (x − zero point) with (w − zero point), in int32; w's zero point for all or for each feature. */
export const convInteger: Operator = {
  op: 'ConvInteger',
  noDerivative: 'its inputs are integers',
  forward(context, inputs) {
    const [x, w] = [given(context, inputs, 0), given(context, inputs, 1)];
    const { y, shape } = integerConv(context, x, w, inputs[2], inputs[3]);
    return [makeValue('int32', shape, y)];
  },
};

/** Quantised Conv: y = saturate(round((Σ (x − zₓ)(w − z_w) + bias) · sₓ·s_w/s_y) + z_y); s_w and z_w for all or for each feature. */
export const qLinearConv: Operator = {
  op: 'QLinearConv',
  noDerivative: 'its inputs are integers',
  ...ofSteps(inSteps),
};

function inSteps(context: OperatorContext, inputs: readonly (Value | undefined)[]): Steps {
  const input = (i: number): Value => given(context, inputs, i);
  const { round } = context.arithmetic;
  const [x, w] = [input(0), input(3)];
  const { y, shape, features } = integerConv(context, x, w, input(2), input(5));
  const [scaleX, scaleW, scaleY, zeroY] = [input(1), input(4), input(6), input(7)];
  const bias = inputs[8];
  const positions = sizeOf(shape.slice(2));
  const steps = y.map((sum, i) => {
    const feature = Math.floor(i / positions) % features;
    const scale = round(round(scaleX.data[0]! * scaleW.data[feature % scaleW.data.length]!) / scaleY.data[0]!);
    return round((sum + (bias?.data[feature] ?? 0)) * scale);
  });
  return { steps, zero: zeroY, shape };
}

function integerConv(context: OperatorContext, x: Value, w: Value, zeroX: Value | undefined, zeroW: Value | undefined) {
  const sizes = convolutionOf(context, x, w);
  const perFeature = w.data.length / sizes.features;
  const feature = (i: number): number => Math.floor(i / perFeature) % (zeroW?.data.length ?? 1);
  const shifted = centred(x, zeroX, () => 0);
  const y = correlate(shifted, centred(w, zeroW, feature), sizes, EXACT);
  return { y, shape: [sizes.batch, sizes.features, ...sizes.window.output], features: sizes.features };
}
