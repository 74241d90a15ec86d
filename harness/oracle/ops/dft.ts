import { intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { axisIn, cotangentOf, given, like } from './_context.ts';
import { type Fourier, fourier, fourierBack } from './_fourier.ts';

/**
 * The discrete Fourier transform along one axis (an attribute before opset 20, then input 2). Onesided: of a real signal
 * only bins 0 … ⌊N/2⌋; inverse and onesided: from those bins the real signal, the others being their conjugates.
 */
export const dft: Operator = {
  op: 'DFT',
  forward: (context, inputs) => {
    const x = given(context, inputs, 0);
    const { spec, shape } = planOf(context, inputs);
    return [like(x, fourier(x.data, spec, context.arithmetic.round), shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const x = given(context, context.inputs, 0);
    if (!dy || !context.needs[0]) return [];
    return [cotangentOf(x, fourierBack(dy, planOf(context, context.inputs).spec, context.arithmetic.round))];
  },
};

function planOf(context: OperatorContext, inputs: readonly (Value | undefined)[]): { spec: Fourier; shape: number[] } {
  const { attributes, opset } = context;
  const { shape } = given(context, inputs, 0);
  const named = opset >= 20 ? (inputs[2]?.data[0] ?? -2) : intAttribute(attributes, 'axis', 1);
  const axis = axisIn(context, named, shape.length);
  const inverse = intAttribute(attributes, 'inverse', 0) !== 0;
  const half = intAttribute(attributes, 'onesided', 0) !== 0;
  const length = shape[axis]!;
  const size = inputs[1]?.data[0] ?? (inverse && half ? 2 * (length - 1) : length);
  const from = { length, parts: shape[shape.length - 1]! };
  const to = { length: half && !inverse ? Math.floor(size / 2) + 1 : size, parts: half && inverse ? 1 : 2 };
  // Bins that stand for their conjugates too count twice.
  const mirrored = (n: number): number => (n > Math.floor(size / 2) ? 0 : n === 0 || 2 * n === size ? 1 : 2);
  const spec: Fourier = {
    size,
    sign: inverse ? 1 : -1,
    scale: inverse ? 1 / size : 1,
    weight: half && inverse ? mirrored : () => 1,
    outer: sizeOf(shape.slice(0, axis)),
    inner: sizeOf(shape.slice(axis + 1, -1)),
    from,
    to,
  };
  return { spec, shape: shape.map((d, k) => (k === axis ? to.length : k === shape.length - 1 ? to.parts : d)) };
}
