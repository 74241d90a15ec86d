import { unbroadcast } from '../oracle/ops/_strided.ts';
import { broadcastShapes, sameShape } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { sent, withData, zip } from './_back.ts';

const same = (x: number): number => x;

/** Where, and the larger or smaller of two: the gradient goes to the side that was chosen. */
export const choiceGradient: Rule = {
  id: 'gradient-choice',
  ops: ['Where', 'Max', 'Min'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { node, inputs, slot, cotangents, part, vjp } = context;
    const [dy, own] = [cotangents[0], inputs[slot]];
    if (dy === undefined || own === undefined || part.data.length !== own.data.length) return;
    const whole = unbroadcast(dy.data, dy.shape, own.shape, same);
    yield missing(node.op, whole);
    if (node.op !== 'Where' && node.inputs.length !== 2) return;
    // Where(c, a, b) sends dy·c to a; inverted, what b should get.
    const mirror = node.op === 'Where' ? vjp({ inputs: [negated(inputs[0]), ...inputs.slice(1)] }) : null;
    const other = mirror?.[slot]?.data ?? zip(whole, part.data, (w, p) => w - p);
    yield inverted(node.op, other);
  },
};

/** A product with a mask (dropout written out, padding): its mask is left out, inverted, or another on the way back. */
export const productMaskGradient: Rule = {
  id: 'gradient-product-mask',
  ops: ['Mul'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, slot, cotangents } = context;
    const [dy, mask, own] = [cotangents[0], inputs[1 - slot], inputs[slot]];
    if (dy === undefined || mask === undefined || own === undefined) return;
    const levels = new Set(mask.data);
    if (levels.size !== 2 || !levels.has(0)) return;
    const kept = [...levels].find((x) => x !== 0) as number;
    yield* masks(context, dy, mask, kept, own);
  },
};

/** Dropout in training: dx = dy · mask / (1 − ratio), with the mask of the forward pass. */
export const dropoutGradient: Rule = {
  id: 'gradient-dropout',
  ops: ['Dropout'],
  *backward(context): Iterable<BackwardHypothesis> {
    const { inputs, outputs, slot, cotangents, part } = context;
    const [dy, mask, own] = [cotangents[0], outputs[1], inputs[0]];
    if (slot !== 0 || dy === undefined || mask === undefined || own === undefined) return;
    const at = part.data.findIndex((x) => x !== 0);
    if (at < 0) return;
    const scale = (part.data[at] as number) / (dy.data[at] as number);
    yield* masks(
      context,
      dy,
      withData(
        mask,
        mask.data.map((m) => (m === 0 ? 0 : scale)),
      ),
      scale,
      own,
    );
  },
};

/** What a mask of zeros and one scale may have become. */
function* masks(
  { node, wanted, direct }: BackwardContext,
  dy: Value,
  mask: Value,
  scale: number,
  own: Value,
): Iterable<BackwardHypothesis> {
  const shape = broadcastShapes(mask.shape, dy.shape);
  if (shape === null || !sameShape(shape, dy.shape) || !sameShape(mask.shape, dy.shape)) return;
  const back = (data: Float64Array): Float64Array => unbroadcast(data, dy.shape, own.shape, same);
  yield missing(node.op, back(dy.data));
  if (scale !== 1) {
    yield missing(node.op, back(dy.data.map((d) => d * scale)));
    yield sent(
      'dropout.scale',
      `the gradient is masked, but not scaled by 1/(1 − p) = ${scale.toPrecision(6)} as the values are`,
      'Multiply by the same scaled mask in both directions.',
      back(zip(dy.data, mask.data, (d, m) => (m === 0 ? 0 : d))),
    );
  }
  yield inverted(node.op, back(zip(dy.data, mask.data, (d, m) => (m === 0 ? d * scale : 0))));
  if (!direct || !sameShape(own.shape, dy.shape)) return;
  const zeros = wanted.reduce((n, x, i) => n + (x === 0 && dy.data[i] !== 0 ? 1 : 0), 0);
  if (zeros === 0) return;
  for (const factor of new Set([scale, 1])) {
    yield sent(
      'gradient.dropout-mask',
      `${zeros} of ${dy.data.length} elements are dropped on the way back, but not those that were dropped on the way forward: another mask`,
      'Keep the mask of the forward pass and use it again.',
      dy.data.map((d, i) => (wanted[i] === 0 ? 0 : d * factor)),
    );
  }
}

const negated = (condition: Value | undefined): Value | undefined =>
  condition === undefined
    ? undefined
    : withData(
        condition,
        condition.data.map((x) => (x === 0 ? 1 : 0)),
      );

const missing = (op: string, part: Float64Array): BackwardHypothesis =>
  sent(
    'gradient.mask-missing',
    `the gradient passes ${op} as if nothing were masked`,
    'Let the gradient through only where the forward pass does.',
    part,
  );

const inverted = (op: string, part: Float64Array): BackwardHypothesis =>
  sent('gradient.mask-inverted', `the mask of ${op} is inverted on the way back`, 'Turn the mask around.', part);
