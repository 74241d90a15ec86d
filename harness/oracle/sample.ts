import { toNumbers } from '../tensor.ts';
import type { AnswersAt, Operator, OperatorContext, OracleRequest, Value, VjpContext } from '../types/oracle.ts';
import type { Direction } from '../types/trace.ts';
import { arithmeticFor, stored } from './arithmetic.ts';
import { vjpContext } from './differentiate.ts';
import type { Evaluator } from './evaluate.ts';
import { type Plan, recorded } from './plan.ts';

/** The oracle's parts. */
interface Parts {
  readonly plan: Plan;
  readonly request: OracleRequest;
  readonly r64: Evaluator;
  readonly n32: Evaluator;
}

/**
 * The answers at some elements of a tensor, the very numbers that the whole has there. Only the layer next to the tensor is computed in
 * part; what lies between it and the cuts is computed whole. Null where the operator gives no part, or a gradient is not cut around the layer.
 */
export function answersAt(parts: Parts, name: string, direction: Direction, elements: Int32Array): AnswersAt | null {
  return direction === 'forward' ? valueAt(parts, name, elements) : gradientAt(parts, name, elements);
}

function valueAt(parts: Parts, name: string, elements: Int32Array): AnswersAt | null {
  return byProducer(parts, name, ({ forwardAt }, context, inputs) => {
    const data = forwardAt?.(context, inputs, elements);
    return data && { data, dtype: inputs[0]!.dtype };
  });
}

/** Output 0 of a quantising operator in steps, before it is rounded; null where no such operator makes the tensor. */
export const beforeRounding = (parts: Parts, name: string): AnswersAt | null =>
  byProducer(parts, name, (operator, context, inputs) => {
    const data = operator.beforeRounding?.(context, inputs);
    return data && { data, dtype: 'float32' };
  });

type Elements = Pick<Value, 'data' | 'dtype'>;

/** Asks the operator that makes a tensor as its first output, in both arithmetics. */
function byProducer(
  { plan, r64, n32 }: Parts,
  name: string,
  ask: (operator: Operator, context: OperatorContext, inputs: readonly (Value | undefined)[]) => Elements | undefined,
): AnswersAt | null {
  const index = plan.producers.get(name) ?? -1;
  const { node, operator } = plan.nodes[index] ?? {};
  const known = operator?.forwardAt !== undefined || operator?.beforeRounding !== undefined;
  if (!node || !operator || !known || node.outputs[0] !== name || plan.forwardReason(name) !== null) return null;
  const run = (evaluator: Evaluator): Float64Array | undefined => {
    const inputs = node.inputs.map((input) => (input === '' ? undefined : evaluator.read(input)));
    const arithmetic = arithmeticFor(evaluator.arithmetic, inputs);
    const found = ask(operator, { ...evaluator.context(index), arithmetic }, inputs);
    return found && asStored(evaluator, found, found.data);
  };
  const exact = run(r64);
  const naive = exact && run(n32);
  return exact && naive ? { r64: exact, n32: naive } : null;
}

function gradientAt(parts: Parts, name: string, elements: Int32Array): AnswersAt | null {
  const { plan, request, r64, n32 } = parts;
  if (name === request.loss || plan.backwardReason(name) !== null || !plan.leads(name)) return null;
  const uses = (plan.uses.get(name) ?? []).filter(({ node }) => reached(parts, node));
  if (!uses.some(({ node }) => plan.nodes[node]!.operator?.vjpAt) || !uses.every(({ node }) => isCut(parts, node)))
    return null;
  const total = (evaluator: Evaluator): Float64Array | null => {
    let sum: Value | undefined;
    for (const { node, slot } of uses) {
      const part = partAt(parts, evaluator, node, slot, elements);
      if (part === null) return null;
      sum = sum === undefined ? part : addedTo(evaluator, sum, part);
    }
    return sum?.data ?? null;
  };
  const exact = total(r64);
  const naive = exact && total(n32);
  return exact && naive && { r64: exact, n32: naive };
}

/** The sum of two uses' parts, as the whole sums them. */
function addedTo(evaluator: Evaluator, a: Value, b: Value): Value {
  const { round } = arithmeticFor(evaluator.arithmetic, [a]);
  return {
    ...a,
    data: asStored(
      evaluator,
      a,
      a.data.map((x, k) => round(x + b.data[k]!)),
    ),
  };
}

/** A gradient arrives at one of the node's outputs, and goes through it. */
const reached = ({ plan, request }: Parts, node: number): boolean =>
  plan.nodes[node]!.operator?.noDerivative === undefined &&
  plan.nodes[node]!.node.outputs.some((o) => request.gradients.has(o) || o === request.loss || plan.leads(o));

/** Everything around the node is recorded or given: nothing else has to be computed, and no noise comes in. */
function isCut({ plan, request }: Parts, node: number): boolean {
  const {
    node: { inputs, outputs },
    operator,
    captures,
  } = plan.nodes[node]!;
  const open = (name: string): boolean => name !== '' && !request.gradients.has(name) && plan.leads(name);
  const computed = (name: string): boolean => name !== '' && !request.values.has(name) && plan.producers.has(name);
  const ends = outputs.includes(request.loss ?? '');
  return operator?.vjp !== undefined && captures.length === 0 && !ends && !outputs.some(open) && !inputs.some(computed);
}

/** What the node sends back to one of its inputs, at some elements; null where part of it lies at a kink. */
function partAt(
  { plan, request }: Parts,
  evaluator: Evaluator,
  index: number,
  slot: number,
  elements: Int32Array,
): Value | null {
  const { node, operator } = plan.nodes[index]!;
  const held = (name: string): Value | undefined => {
    const source = request.gradients.get(name);
    return source && stored(evaluator.arithmetic, recorded(plan, source));
  };
  const recordedOutput = (output: number): Value | undefined => {
    const source = request.values.get(node.outputs[output] ?? '');
    return source && { dtype: source.dtype, shape: source.shape, data: toNumbers(source.read()) };
  };
  const noise = node.inputs.map(() => 0);
  const given = { cotangents: node.outputs.map(held), noise, recorded: recordedOutput };
  const context: VjpContext = vjpContext(plan, index, evaluator, given, slot);
  const part = operator!.vjpAt?.(context, slot, elements) ?? null;
  const { dtype } = context.inputs[slot]!;
  const some = (data: Float64Array): Value => ({
    dtype,
    shape: [data.length],
    data: asStored(evaluator, { dtype }, data),
  });
  if (part !== null) return some(part);
  const whole = operator!.vjp!(context)[slot];
  if (whole === undefined || whole.slack?.some((s) => s > 0)) return null;
  return some(Float64Array.from(elements, (element) => whole.value.data[element]!));
}

/** As the network stores numbers of this value's type. */
const asStored = ({ arithmetic }: Evaluator, { dtype }: Pick<Value, 'dtype'>, data: Float64Array): Float64Array =>
  stored(arithmetic, { dtype, shape: [data.length], data }).data;
