import type { Attributes } from '../../types/graph.ts';
import type { Cotangent, Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { broadcastAll, broadcastOffsets, scatterAdd } from './_strided.ts';
import { cotangentOf, given, like, rounding } from './_context.ts';

/** Rounds one result: applied by the formulas below after each operation but their last, which the loop rounds. */
export type Round = (x: number) => number;

/** Where a derivative jumps, and by how much. */
export interface Kink {
  readonly at: number;
  readonly jump: number;
}

/** A function of one variable, applied element by element. P is what the attributes (and the opset) say. */
export interface Unary<P> {
  readonly op: string;
  readonly domain?: string;
  readonly parameters: (attributes: Attributes, opset: number) => P;
  readonly f: (x: number, r: Round, p: P) => number;
  /** df/dx at x, where y = f(x). At a kink, the convention of the frameworks. */
  readonly derivative?: (x: number, y: number, r: Round, p: P) => number;
  readonly kinks?: (p: P) => readonly Kink[];
  readonly noDerivative?: string;
  readonly scale?: number;
}

/** Makes an operator of a function of one variable. */
export function unary<P>(spec: Unary<P>): Operator {
  const forward: Operator['forward'] = (context, inputs) => {
    const x = given(context, inputs, 0);
    const p = spec.parameters(context.attributes, context.opset);
    const r = context.arithmetic.round;
    const last = rounding(context, x.dtype);
    return [
      like(
        x,
        x.data.map((element) => last(spec.f(element, r, p))),
      ),
    ];
  };
  const { derivative } = spec;
  return {
    ...described(spec),
    forward,
    ...(derivative ? { vjp: (context: VjpContext) => [unaryCotangent(context, spec, derivative)] } : {}),
  };
}

function unaryCotangent<P>(
  context: VjpContext,
  spec: Unary<P>,
  derivative: NonNullable<Unary<P>['derivative']>,
): Cotangent | undefined {
  const dy = context.cotangents[0];
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const p = spec.parameters(context.attributes, context.opset);
  const r = context.arithmetic.round;
  const y = given(context, context.outputs, 0).data;
  const dx = x.data.map((element, i) => r(dy.data[i]! * r(derivative(element, y[i]!, r, p))));
  return cotangentOf(x, dx, slackAt(x.data, dy.data, context.noise[0] ?? 0, spec.kinks?.(p) ?? []));
}

/** |dy|·jump where x is within noise of a kink; null where nothing is. */
export function slackAt(x: Float64Array, dy: Float64Array, noise: number, kinks: readonly Kink[]): Float64Array | null {
  let slack: Float64Array | null = null;
  for (const { at, jump } of kinks) {
    for (let i = 0; i < x.length; i++) {
      if (!(Math.abs(x[i]! - at) <= noise)) continue;
      slack ??= new Float64Array(x.length);
      slack[i] = slack[i]! + Math.abs(dy[i]! * jump);
    }
  }
  return slack;
}

/** A function of two variables with numpy's broadcasting. */
export interface Binary {
  readonly op: string;
  readonly domain?: string;
  /** `dtype` is the first input's: integer division truncates. */
  readonly f: (a: number, b: number, r: Round, dtype: DataType, attributes: Attributes) => number;
  /** Type of the result; the first input's unless said. */
  readonly result?: DataType;
  /** The two partial derivatives; undefined for an input that none flows to. */
  readonly partials?: readonly [Partial2, Partial2];
  /** By how much the partial derivatives jump, where (a, b) is within noise of a kink; else 0. */
  readonly jumps?: (a: number, b: number, noise: readonly [number, number]) => readonly [number, number];
  readonly noDerivative?: string;
}

type Partial2 = (a: number, b: number, r: Round, attributes: Attributes) => number;

/** Makes an operator of a function of two variables. */
export function binary(spec: Binary): Operator {
  const forward: Operator['forward'] = (context, inputs) => {
    const a = given(context, inputs, 0);
    const b = given(context, inputs, 1);
    const { shape, ai, bi } = pair(context, a, b);
    const r = context.arithmetic.round;
    const last = spec.result ? (x: number) => x : rounding(context, a.dtype);
    const data = new Float64Array(ai.length);
    for (let i = 0; i < data.length; i++) {
      data[i] = last(spec.f(a.data[ai[i]!]!, b.data[bi[i]!]!, r, a.dtype, context.attributes));
    }
    return [{ dtype: spec.result ?? a.dtype, shape, data }];
  };
  const { partials } = spec;
  return {
    ...described(spec),
    forward,
    ...(partials ? { vjp: (context: VjpContext) => binaryCotangents(context, spec, partials) } : {}),
  };
}

function binaryCotangents(
  context: VjpContext,
  spec: Binary,
  partials: NonNullable<Binary['partials']>,
): (Cotangent | undefined)[] {
  const dy = context.cotangents[0]?.data;
  const operands = [given(context, context.inputs, 0), given(context, context.inputs, 1)] as const;
  if (!dy) return [];
  const { ai, bi } = pair(context, ...operands);
  const r = context.arithmetic.round;
  const noise = [context.noise[0] ?? 0, context.noise[1] ?? 0] as const;
  return operands.map((operand, k) => {
    if (!context.needs[k]) return undefined;
    const each = new Float64Array(dy.length);
    const loose = spec.jumps ? new Float64Array(dy.length) : null;
    for (let i = 0; i < dy.length; i++) {
      const a = operands[0].data[ai[i]!]!;
      const b = operands[1].data[bi[i]!]!;
      each[i] = r(dy[i]! * r(partials[k as 0 | 1](a, b, r, context.attributes)));
      if (loose) loose[i] = Math.abs(dy[i]! * spec.jumps!(a, b, noise)[k as 0 | 1]);
    }
    return summedTo(operand, each, k === 0 ? ai : bi, r, loose);
  });
}

/** Sums what each result element sends back over the elements that broadcasting repeated. */
export function summedTo(
  operand: Value,
  each: Float64Array,
  offsets: Int32Array,
  round: Round,
  slack: Float64Array | null,
): Cotangent {
  const size = operand.data.length;
  const anySlack = slack?.some((s) => s > 0) ? scatterAdd(slack, offsets, size, (x) => x) : null;
  return cotangentOf(operand, scatterAdd(each, offsets, size, round), anySlack);
}

function pair(context: OperatorContext, a: Value, b: Value) {
  const shape = broadcastAll(context, [a.shape, b.shape]);
  return { shape, ai: broadcastOffsets(a.shape, shape), bi: broadcastOffsets(b.shape, shape) };
}

/** The parts of a description that an operator carries over as they are. */
function described(spec: { op: string; domain?: string; noDerivative?: string; scale?: number }) {
  return {
    op: spec.op,
    ...(spec.domain === undefined ? {} : { domain: spec.domain }),
    ...(spec.noDerivative === undefined ? {} : { noDerivative: spec.noDerivative }),
    ...(spec.scale === undefined ? {} : { scale: spec.scale }),
  };
}

/** For functions without attributes. */
export const none = (): undefined => undefined;
