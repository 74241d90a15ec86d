import { intAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { type Fourier, fourier, fourierBack } from './_fourier.ts';
import { scatterAdd } from './_strided.ts';

/** Frames of the signal, every `step` samples, each multiplied by the window and Fourier-transformed: [batch, frames, bins, 2]. */
export const stft: Operator = {
  op: 'STFT',
  forward: (context, inputs) => {
    const signal = given(context, inputs, 0);
    const { spec, shape, reads, windowAt } = planOf(context, inputs);
    const r = context.arithmetic.round;
    const framed = Float64Array.from(reads, (at, i) => r(signal.data[at]! * (inputs[2]?.data[windowAt[i]!] ?? 1)));
    return [like(signal, fourier(framed, spec, r), shape)];
  },
  vjp: (context) => {
    const dy = context.cotangents[0]?.data;
    const signal = given(context, context.inputs, 0);
    const window = context.inputs[2];
    if (!dy) return [];
    const { spec, reads, windowAt } = planOf(context, context.inputs);
    const r = context.arithmetic.round;
    const back = fourierBack(dy, spec, r);
    const ofSignal = back.map((d, i) => r(d * (window?.data[windowAt[i]!] ?? 1)));
    const dx = cotangentOf(signal, scatterAdd(ofSignal, reads, signal.data.length, r));
    if (!window) return [dx];
    const ofWindow = back.map((d, i) => r(d * signal.data[reads[i]!]!));
    return [dx, undefined, cotangentOf(window, scatterAdd(ofWindow, windowAt, window.data.length, r))];
  },
};

function planOf(context: OperatorContext, inputs: readonly (Value | undefined)[]) {
  const { shape } = given(context, inputs, 0);
  const [batch, samples, parts = 1] = shape as [number, number, number?];
  const step = given(context, inputs, 1).data[0]!;
  const length = inputs[3]?.data[0] ?? given(context, inputs, 2).data.length;
  const frames = Math.floor((samples - length) / step) + 1;
  const bins = intAttribute(context.attributes, 'onesided', 1) !== 0 ? Math.floor(length / 2) + 1 : length;
  // Element (batch, frame, n, part) of the frames is sample frame·step + n.
  const each = { length: batch * frames * length * parts };
  const n = (i: number): number => Math.floor(i / parts) % length;
  const frame = (i: number): number => Math.floor(i / (parts * length));
  const reads = Int32Array.from(each, (_, i) => {
    const sample = (frame(i) % frames) * step + n(i);
    return (Math.floor(frame(i) / frames) * samples + sample) * parts + (i % parts);
  });
  const spec: Fourier = {
    size: length,
    sign: -1,
    scale: 1,
    weight: () => 1,
    outer: batch * frames,
    inner: 1,
    from: { length, parts },
    to: { length: bins, parts: 2 },
  };
  return { spec, shape: [batch, frames, bins, 2], reads, windowAt: Int32Array.from(each, (_, i) => n(i)) };
}
