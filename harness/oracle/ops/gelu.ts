import { stringAttribute } from '../../attributes.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { type Round, unary } from './_elementwise.ts';
import { erf, erfSlope } from './_erf.ts';
import { broadcastOffsets, scatterAdd } from './_strided.ts';

const ROOT_2 = Math.SQRT2;
const ROOT_2_OVER_PI = Math.sqrt(2 / Math.PI);
const CUBE = 0.044715;

interface Form {
  readonly f: (x: number, r: Round) => number;
  readonly slope: (x: number, r: Round) => number;
}

/** x · Φ(x), Φ(x) = ½(1 + erf(x/√2)), written so: in float32 its tail is noise, and that is what honest code gives. */
const EXACT: Form = {
  f: (x, r) => x * normal(x, r),
  slope: (x, r) => normal(x, r) + r(x * r(erfSlope(r(x / ROOT_2)) / (2 * ROOT_2))),
};

/** ½x(1 + tanh(√(2/π)(x + 0.044715x³))). */
const TANH: Form = {
  f: (x, r) => r(x / 2) * r(1 + r(Math.tanh(bend(x, r)))),
  slope: (x, r) => {
    const t = r(Math.tanh(bend(x, r)));
    const bent = r(ROOT_2_OVER_PI * r(1 + r(3 * CUBE * r(x * x))));
    return r(r(1 + t) / 2) + r(r(r(x / 2) * r(1 - r(t * t))) * bent);
  },
};

const normal = (x: number, r: Round): number => r(r(1 + r(erf(r(x / ROOT_2)))) / 2);
const bend = (x: number, r: Round): number => r(ROOT_2_OVER_PI * r(x + r(CUBE * r(x * r(x * x)))));

const plain = { parameters: () => EXACT, f: (x: number, r: Round, p: Form) => p.f(x, r) };
const slope = (x: number, _y: number, r: Round, p: Form): number => p.slope(x, r);

/** Gelu, exact or by tanh (ai.onnx and com.microsoft), FastGelu and BiasGelu, which add a bias first. */
export const gelus: readonly Operator[] = [
  unary<Form>({
    ...plain,
    op: 'Gelu',
    parameters: (a) => (stringAttribute(a, 'approximate', 'none') === 'tanh' ? TANH : EXACT),
    derivative: slope,
  }),
  unary<Form>({ ...plain, op: 'Gelu', domain: 'com.microsoft', derivative: slope }),
  biased('BiasGelu', EXACT),
  biased('FastGelu', TANH),
];

/** Gelu of x + bias; the bias runs along the last axis and may be absent. */
function biased(op: string, form: Form): Operator {
  return {
    op,
    domain: 'com.microsoft',
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const r = context.arithmetic.round;
      return [
        like(
          x,
          sum(context, inputs).map((s) => r(form.f(s, r))),
        ),
      ];
    },
    vjp: (context) => {
      const dy = context.cotangents[0]?.data;
      if (!dy) return [];
      const x = given(context, context.inputs, 0);
      const bias = context.inputs[1];
      const r = context.arithmetic.round;
      const dx = sum(context, context.inputs).map((s, i) => r(dy[i]! * r(form.slope(s, r))));
      if (!bias) return [cotangentOf(x, dx)];
      const back = scatterAdd(dx, broadcastOffsets(bias.shape, x.shape), bias.data.length, r);
      return [cotangentOf(x, dx), cotangentOf(bias, back)];
    },
  };
}

function sum(context: OperatorContext, inputs: readonly (Value | undefined)[]): Float64Array {
  const x = given(context, inputs, 0);
  const bias = inputs[1];
  if (!bias) return x.data;
  const offsets = broadcastOffsets(bias.shape, x.shape);
  return x.data.map((element, i) => context.arithmetic.round(element + bias.data[offsets[i]!]!));
}
