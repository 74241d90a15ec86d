import { sameShape } from '../shape.ts';
import type { Value } from '../types/oracle.ts';
import type { BackwardContext, BackwardHypothesis, Rule } from '../types/rule.ts';
import { onesLike, sent, withData, zip } from './_back.ts';
import { bestFactor, near, shown } from './_numbers.ts';
import { FROM_OUTPUT, normal, SLIPS, SLOPES } from './_slopes.ts';

/** Derivatives that are made of a mask: 1 (or a constant) where the input is in some range, another elsewhere. */
const MASKS = [
  'Relu',
  'LeakyRelu',
  'PRelu',
  'ThresholdedRelu',
  'Clip',
  'HardSigmoid',
  'HardSwish',
  'Elu',
  'Selu',
  'Celu',
];
const SMOOTH = [
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Softsign',
  'Gelu',
  'Mish',
  'Swish',
  'QuickGelu',
  'FastGelu',
  'BiasGelu',
  'Erf',
  'Exp',
  'Log',
];
const OTHERS = [
  'Sqrt',
  'Reciprocal',
  'Abs',
  'Sin',
  'Cos',
  'Tan',
  'Sinh',
  'Cosh',
  'Asin',
  'Acos',
  'Atan',
  'Asinh',
  'Acosh',
  'Atanh',
];

/** Element-wise functions of one input: the derivative is left out, inverted, of the wrong value, or another's. */
export const activationGradient: Rule = {
  id: 'gradient-activation',
  ops: [...MASKS, ...SMOOTH, ...OTHERS],
  *backward(context): Iterable<BackwardHypothesis> {
    const { slot, inputs, outputs, cotangents, vjp } = context;
    const [x, y, dy] = [inputs[0], outputs[0], cotangents[0]];
    if (slot !== 0 || x === undefined || y === undefined || dy === undefined) return;
    if (!sameShape(x.shape, dy.shape)) return;
    const right = vjp({ cotangents: [onesLike(dy)] })?.[0]?.data;
    if (right === undefined) return;
    const layer: Layer = { context, x, y, dy, right };
    yield* masks(layer);
    yield* wrongValues(layer);
    yield* otherDerivatives(layer);
  },
};

/** A derivative that is no larger is none. */
const NOTHING = 1e-6;

interface Layer {
  readonly context: BackwardContext;
  readonly x: Value;
  readonly y: Value;
  readonly dy: Value;
  /** The right derivative, element by element. */
  readonly right: Float64Array;
}

const times = (a: Float64Array, b: Float64Array): Float64Array => zip(a, b, (p, q) => p * q);

function* masks({ context, x, dy, right }: Layer): Iterable<BackwardHypothesis> {
  const { op } = context.node;
  const masked = MASKS.includes(op);
  yield sent(
    masked ? 'gradient.mask-missing' : 'gradient.derivative-wrong',
    `the gradient passes through ${op} unchanged: ${masked ? 'its mask' : 'its derivative'} is left out`,
    masked ? `Let the gradient through only where ${op} does.` : `Multiply by the derivative of ${op}.`,
    dy.data,
  );
  if (!masked) return;
  const values = [...new Set(right)];
  const [a, b] = values;
  if (values.length === 2 && a !== undefined && b !== undefined) {
    yield inverted(
      op,
      times(
        dy.data,
        right.map((d) => a + b - d),
      ),
    );
  } else yield* branches(context, x, dy);
  if (op === 'Clip') yield* oneBound(context);
  yield* slopes(context, x, dy, right);
}

/** The two branches exchanged: what belongs below zero is done above it. */
function* branches({ node, inputs, vjp }: BackwardContext, x: Value, dy: Value): Iterable<BackwardHypothesis> {
  const on = (side: (v: number) => number): Float64Array | undefined =>
    vjp({ inputs: [withData(x, x.data.map(side)), ...inputs.slice(1)], cotangents: [onesLike(dy)] })?.[0]?.data;
  const [below, above] = [on((v) => -Math.abs(v)), on((v) => Math.abs(v))];
  if (below === undefined || above === undefined) return;
  const chosen = x.data.map((v, i) => (v > 0 ? below[i] : above[i]) as number);
  yield inverted(node.op, times(dy.data, chosen));
}

const inverted = (op: string, part: Float64Array): BackwardHypothesis =>
  sent(
    'gradient.mask-inverted',
    `the mask of ${op} is inverted: the gradient passes where it must not, and is stopped where it should pass`,
    'Turn the comparison around.',
    part,
  );

/** Clip with one of its two bounds forgotten on the way back. */
function* oneBound({ inputs, attributes, vjp }: BackwardContext): Iterable<BackwardHypothesis> {
  for (const [slot, bound] of [
    [1, 'min'],
    [2, 'max'],
  ] as const) {
    const { [bound]: _, ...rest } = attributes;
    const part = vjp({ inputs: inputs.map((v, i) => (i === slot ? undefined : v)), attributes: rest })?.[0]?.data;
    if (part === undefined) continue;
    yield sent(
      'gradient.mask-missing',
      `the ${bound === 'min' ? 'lower' : 'upper'} bound of Clip is left out of the mask`,
      'Stop the gradient on both sides.',
      part,
    );
  }
}

/** Below zero the derivative is another constant: it is read from the numbers, or one of the usual ones. */
function* slopes(
  { node, direct, wanted }: BackwardContext,
  x: Value,
  dy: Value,
  right: Float64Array,
): Iterable<BackwardHypothesis> {
  if (node.op === 'Clip' || node.op === 'HardSigmoid' || node.op === 'HardSwish') return;
  const low = (data: Float64Array): Float64Array => data.filter((_, i) => (x.data[i] as number) < 0);
  const solved = direct ? bestFactor(low(wanted), low(dy.data)) : null;
  for (const slope of solved === null ? [0, 0.01, 0.1, 0.2, 0.3] : [solved]) {
    if (near(slope, 1)) continue;
    yield sent(
      'gradient.derivative-wrong',
      `below zero the derivative is ${Math.abs(slope) < 1e-7 ? '0' : shown(slope)}, which is not ${node.op}'s`,
      `Use the same slope as in the forward pass.`,
      dy.data.map((d, i) => d * ((x.data[i] as number) < 0 ? slope : (right[i] as number))),
    );
  }
}

function* wrongValues({ context, x, y, dy, right }: Layer): Iterable<BackwardHypothesis> {
  const { node, attributes, vjp, inputs } = context;
  const { op } = node;
  const wrong = (claim: string, part: Float64Array): BackwardHypothesis =>
    sent(
      'gradient.derivative-of-wrong-value',
      claim,
      `Give the derivative of ${op} the value that it is a formula of.`,
      part,
    );
  const from = FROM_OUTPUT[op]?.(attributes);
  if (from !== undefined) {
    yield wrong(
      `the derivative of ${op}, a formula of its output, is computed from its input`,
      zip(dy.data, x.data, (d, v) => d * from(v)),
    );
  }
  const at = (value: Value): Float64Array | undefined => vjp({ inputs: [value, ...inputs.slice(1)] })?.[0]?.data;
  const ofOutput = at(y);
  if (ofOutput !== undefined)
    yield wrong(`the derivative of ${op}, a function of its input, is computed at its output`, ofOutput);
  const ofSeed = MASKS.includes(op) ? at(dy) : undefined;
  if (ofSeed !== undefined)
    yield wrong(`the mask of ${op} is taken from the gradient that arrives, not from its input`, ofSeed);
  const ofSlope = FROM_OUTPUT[op] === undefined ? undefined : at(withData(x, right));
  if (ofSlope !== undefined) yield wrong(`the derivative of ${op} is computed at its own derivative`, ofSlope);
}

function* otherDerivatives({ context, x, y, dy, right }: Layer): Iterable<BackwardHypothesis> {
  const { op } = context.node;
  const wrong = (what: string, slope: Float64Array): BackwardHypothesis =>
    sent(
      'gradient.derivative-wrong',
      `${what} is used for the derivative of ${op}`,
      `Use the derivative of ${op} itself.`,
      times(dy.data, slope),
    );
  const slopes = [
    { what: 'the square of the derivative (applied twice)', slope: times(right, right) },
    ...SLOPES.flatMap(({ name, of, from }) => [
      { what: name, slope: x.data.map(of) },
      ...(from === undefined ? [] : [{ what: `${name} (of the output)`, slope: y.data.map(from) }]),
    ]),
    ...SLIPS.map(({ name, from }) => ({ what: `${name}, with y its output,`, slope: y.data.map(from) })),
    { what: 'its input x', slope: x.data },
  ];
  // Where a formula is 0 everywhere, nothing is sent back: that says nothing for this formula.
  for (const { what, slope } of slopes) if (slope.some((d) => Math.abs(d) > NOTHING)) yield wrong(what, slope);
  if (op === 'Gelu') {
    yield wrong('Φ(x) alone (without x·φ(x))', x.data.map(normal));
    const approximate = context.vjp({
      attributes: {
        approximate: { kind: 'string', value: context.attributes.approximate?.value === 'tanh' ? 'none' : 'tanh' },
      },
    })?.[0]?.data;
    if (approximate !== undefined)
      yield sent(
        'gradient.derivative-wrong',
        'the derivative is that of the other GELU (exact and by tanh mixed up)',
        'Use the derivative of the GELU that the forward pass computes.',
        approximate,
      );
  }
}
