import { floatAttribute, floatsAttribute, stringAttribute } from '../../attributes.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { float32, float64 } from '../arithmetic.ts';
import { cotangentOf, like, refuse } from './_context.ts';
import { seedOf } from './_kit.ts';
import { activationOf } from './_recurrent-activations.ts';
import { conv } from './conv.ts';
import { gemm } from './gemm.ts';

/** ONNX Runtime's Conv with what follows it: f(conv(x, w, b) + z). */
export const fusedConv: Operator = fused('FusedConv', conv);

/** ONNX Runtime's Gemm with the activation that follows it. */
export const fusedGemm: Operator = fused('FusedGemm', gemm);

/** A function of one variable, and where its slope jumps by how much. */
interface Slope {
  readonly f: (x: number) => number;
  readonly derivative: (x: number, y: number) => number;
  readonly kinks: readonly (readonly [at: number, jump: number])[];
}

/** A product of three inputs, a fourth added to it, and a function of the sum. */
function fused(op: string, product: Operator): Operator {
  const sumOf = (context: OperatorContext, inputs: readonly (Value | undefined)[]): Value => {
    const [y] = product.forward(context, inputs.slice(0, 3));
    const added = inputs[3];
    return added
      ? like(
          y!,
          y!.data.map((x, i) => context.arithmetic.round(x + added.data[i]!)),
        )
      : y!;
  };
  return {
    op,
    domain: 'com.microsoft',
    forward(context, inputs) {
      const sum = sumOf(context, inputs);
      return [like(sum, sum.data.map(slopeOf(context).f))];
    },
    vjp(context) {
      const { inputs } = context;
      const dy = seedOf(context, 0);
      if (!dy) return [];
      const { round } = context.arithmetic;
      const { f, derivative, kinks } = slopeOf(context);
      const sum = sumOf(context, inputs);
      const through = (seed: Float64Array, of: readonly (Value | undefined)[]) =>
        product.vjp!({ ...context, inputs: of.slice(0, 3), cotangents: [like(sum, seed)] });
      const dsum = dy.map((d, i) => round(d * derivative(sum.data[i]!, f(sum.data[i]!))));
      const answers = through(dsum, inputs);
      const slack = slackOf(context, kinks, dy, sumOf);
      // The product is linear in its cotangent: what is loose there is at most so loose here.
      const loose =
        slack &&
        through(
          slack,
          inputs.map((input) => input && like(input, input.data.map(Math.abs))),
        );
      const all = answers.map((answer, i) => answer && withSlack(answer, loose?.[i]?.value.data));
      const z = inputs[3];
      return z ? [...all.slice(0, 3), cotangentOf(z, dsum, slack)] : all;
    },
  };
}

const withSlack = (answer: Cotangent, slack: Float64Array | undefined): Cotangent =>
  slack ? { ...answer, slack: slack.map(Math.abs) } : answer;

/** |dy|·jump where float32 may see the sum on either side of a kink: within 8 times as far as it strays; null where nowhere. */
function slackOf(
  context: VjpContext,
  kinks: Slope['kinks'],
  dy: Float64Array,
  sumOf: (context: OperatorContext, inputs: readonly (Value | undefined)[]) => Value,
): Float64Array | null {
  if (kinks.length === 0) return null;
  const [exact, naive] = [float64, float32].map((arithmetic) => sumOf({ ...context, arithmetic }, context.inputs).data);
  const squares = exact!.reduce((total, x, i) => total + (x - naive![i]!) ** 2, 0);
  const noise = 8 * Math.sqrt(squares / Math.max(1, dy.length));
  const slack = dy.map((d, i) =>
    kinks.reduce((sum, [at, jump]) => sum + (Math.abs(exact![i]! - at) <= noise ? Math.abs(d * jump) : 0), 0),
  );
  return slack.some((s) => s > 0) ? slack : null;
}

/** FusedConv lists the parameters of its activation, FusedGemm names them. */
function slopeOf(context: OperatorContext): Slope {
  const { attributes, arithmetic } = context;
  const name = stringAttribute(attributes, 'activation', '');
  const [
    alpha = floatAttribute(attributes, 'activation_alpha', 0),
    beta = floatAttribute(attributes, 'activation_beta', 0),
  ] = floatsAttribute(attributes, 'activation_params');
  if (name === '') return { f: (x) => x, derivative: () => 1, kinks: [] };
  if (name === 'Clip') {
    const f = (x: number): number => Math.min(Math.max(x, alpha), beta);
    return {
      f,
      derivative: (x) => (x > alpha && x < beta ? 1 : 0),
      kinks: [
        [alpha, 1],
        [beta, 1],
      ],
    };
  }
  const known = activationOf(name, alpha, beta, arithmetic.round);
  const kinks = KINKS[name];
  if (!known || !kinks)
    return refuse(context, `the activation "${name}"`, `Clip, ${Object.keys(KINKS).join(', ')} are supported.`);
  return { f: known.f, derivative: known.derivative, kinks: kinks(alpha, beta) };
}

const KINKS: Readonly<Record<string, (alpha: number, beta: number) => Slope['kinks']>> = {
  Relu: () => [[0, 1]],
  LeakyRelu: (alpha) => [[0, 1 - alpha]],
  HardSigmoid: (alpha, beta) => [
    [-beta / alpha, alpha],
    [(1 - beta) / alpha, alpha],
  ],
  Sigmoid: () => [],
  Tanh: () => [],
};
