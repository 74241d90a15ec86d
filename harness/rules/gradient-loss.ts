import { intAttribute } from '../attributes.ts';
import { around } from '../oracle/ops/_context.ts';
import { axisOf, sameShape } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, throughAllSlots, withData, zip } from './_back.ts';

const SUBTRACT = 'Subtract the target from the prediction before it is scaled and sent back.';

/** Cross-entropy: the gradient of the scores is scale · (softmax − one-hot). Here parts of it are left out or made of something else. */
export const crossEntropyGradient: Rule = {
  id: 'gradient-cross-entropy',
  ops: ['SoftmaxCrossEntropyLoss'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { part, inputs, slot, run, vjp, cotangents } = context;
    const [scores, labels] = inputs;
    const seed = cotangents[0];
    if (slot !== 0 || scores === undefined || labels === undefined || seed === undefined) return;
    // −scale · one-hot: what the same loss sends back to log-probabilities.
    const hot = vjp({ op: 'NegativeLogLikelihoodLoss', cotangents: [seed] })?.[0]?.data;
    if (hot === undefined) return;
    const softmax = zip(part.data, hot, (p, h) => p - h);
    yield sent(
      'gradient.target-missing',
      'the gradient of the scores is the softmax alone: 1 is not subtracted at the label',
      'Subtract 1 at the label of each example before scaling: softmax(scores) − one-hot(labels).',
      softmax,
    );
    yield sent(
      'gradient.derivative-wrong',
      'only the labels are sent back: the softmax is missing from softmax(scores) − one-hot(labels)',
      'Send back softmax(scores) − one-hot(labels), not the labels alone.',
      hot,
    );
    const probabilities = run('Softmax', [scores], { axis: { kind: 'int', value: 1 } })?.[0]?.data;
    if (probabilities === undefined) return;
    const scale = scalesOf(hot, scores);
    const raw = zip(scores.data, scale, (x, s) => x * s);
    yield sent(
      'gradient.derivative-of-wrong-value',
      'the scores stand where their softmax belongs: scores − one-hot',
      'Use softmax(scores) − one-hot(labels).',
      zip(raw, hot, (x, h) => x + h),
    );
    yield sent(
      'gradient.derivative-wrong',
      "the softmax's own derivative is applied on top: the gradient of cross-entropy with softmax already holds it",
      'Send softmax(scores) − one-hot(labels) back as it is.',
      twice(withData(scores, probabilities), part.data),
    );
    for (const shift of [1, -1]) {
      const classes = scores.shape[1] ?? 1;
      const moved = withData(
        labels,
        labels.data.map((label) => (label >= 0 && label < classes ? (label + shift + classes) % classes : label)),
      );
      const other = vjp({ inputs: [scores, moved, ...inputs.slice(2)], cotangents: [seed] })?.[0]?.data;
      if (other === undefined) continue;
      yield sent(
        'loss.label-shift',
        `the label that is subtracted is off by one (label ${shift > 0 ? '+' : '−'} 1) on the way back`,
        'Subtract 1 at the label itself.',
        other,
      );
    }
  },
};

/** LogSoftmax and Softmax in front of a loss that is written out: what arrives is the target, and it gets lost. */
export const softmaxTarget: Rule = {
  id: 'gradient-softmax-target',
  ops: ['LogSoftmax', 'Softmax'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, part, outputs, cotangents } = context;
    const dy = cotangents[0];
    const y = outputs[0];
    if (dy === undefined || y === undefined || !oneHot(dy, context)) return;
    // log-softmax: dy − p·Σdy; softmax: p·dy − p·Σ(p·dy). The first term is the target's.
    const target = node.op === 'LogSoftmax' ? dy.data : zip(y.data, dy.data, (p, d) => p * d);
    yield sent(
      'gradient.target-missing',
      'the gradient of the scores is the softmax alone: the target is not subtracted',
      SUBTRACT,
      zip(part.data, target, (p, t) => p - t),
    );
  },
};

/** A loss of a difference (squared, absolute, Huber written out): the difference is taken from nothing on the way back. */
export const differenceTarget: Rule = {
  id: 'gradient-difference-target',
  ops: ['Pow', 'Mul', 'Abs', 'ReduceSumSquare', 'ReduceL1', 'ReduceL2'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, slot, inputs, wiring, vjp } = context;
    const maker = wiring.producer.get(node.inputs[slot] as string);
    const difference = inputs[slot];
    if (maker?.op !== 'Sub' || difference === undefined) return;
    const isTarget = maker.inputs.map((name) => wiring.graph.inputs.some((input) => input.name === name));
    for (const [side, name] of maker.inputs.entries()) {
      if (isTarget[side] === true || isTarget[1 - side] !== true) continue;
      const prediction = valueAt(context, name);
      if (prediction === null || !sameShape(prediction.shape, difference.shape)) continue;
      const signed =
        side === 0
          ? prediction
          : withData(
              prediction,
              prediction.data.map((x) => -x),
            );
      const changed = node.inputs.map((input, i) => (input === node.inputs[slot] ? signed : inputs[i]));
      const wrong = throughAllSlots(context, vjp({ inputs: changed }));
      if (wrong === null) continue;
      yield sent(
        'gradient.target-missing',
        `the gradient is made of ${name} alone: the target ${maker.inputs[1 - side]} is not subtracted`,
        SUBTRACT,
        wrong,
      );
    }
  },
};

function valueAt({ value, wiring, run }: BackwardContext, name: string): Value | null {
  const known = value(name);
  if (known !== null) return known;
  // One unrecorded layer between: a Sigmoid or an Identity before the loss.
  const maker = wiring.producer.get(name);
  const inputs = maker?.inputs.map((input) => value(input) ?? undefined);
  if (maker === undefined || inputs?.some((input) => input === undefined) !== false) return null;
  return run(maker.op, inputs, maker.attributes, maker.domain)?.[0] ?? null;
}

/** The scale of each element's row: what stands at the label, with its sign changed. */
function scalesOf(hot: Float64Array, scores: Value): Float64Array {
  const { outer, length, inner } = around(scores.shape, 1);
  const scales = new Float64Array(hot.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let scale = 0;
      for (let c = 0; c < length; c++) scale -= hot[(o * length + c) * inner + i] as number;
      for (let c = 0; c < length; c++) scales[(o * length + c) * inner + i] = scale;
    }
  }
  return scales;
}

/** Softmax's vector-Jacobian product along axis 1: p · (d − Σ p·d). */
function twice({ shape, data: p }: Value, d: Float64Array): Float64Array {
  const { outer, length, inner } = around(shape, 1);
  const out = new Float64Array(d.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let sum = 0;
      const at = (c: number): number => (o * length + c) * inner + i;
      for (let c = 0; c < length; c++) sum += (p[at(c)] as number) * (d[at(c)] as number);
      for (let c = 0; c < length; c++) out[at(c)] = (p[at(c)] as number) * ((d[at(c)] as number) - sum);
    }
  }
  return out;
}

/** True where each row holds one element that is not zero at most, and several rows hold one. */
function oneHot(dy: Value, { attributes, opset }: BackwardContext): boolean {
  const axis = axisOf(intAttribute(attributes, 'axis', opset < 13 ? 1 : -1), dy.shape.length);
  const { outer, length, inner } = around(dy.shape, axis);
  let rows = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let found = 0;
      for (let c = 0; c < length; c++) if (dy.data[(o * length + c) * inner + i] !== 0) found++;
      if (found > 1) return false;
      rows += found;
    }
  }
  return rows > 0 && length > 1;
}
