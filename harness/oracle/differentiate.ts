import { LayerdiffError } from '../errors.ts';
import { isFloat } from '../tensor.ts';
import type { Answers, Cotangent, OracleRequest, Value, VjpContext } from '../types/oracle.ts';
import { arithmeticFor, stored } from './arithmetic.ts';
import { type Evaluator, notImplemented } from './evaluate.ts';
import type { Memo } from './memo.ts';
import { type Plan, recorded } from './plan.ts';
import { estimateSlack } from './slack.ts';
import { fromSource, zeros } from './value.ts';

/** A gradient in both arithmetics, and by how much its elements may honestly differ. */
export type Gradient = Answers & { readonly slack: Float64Array | null };

/** The backward pass: reverse mode, demand-driven and memoised. */
export interface Differentiator {
  /** What arrives at the tensor from its uses; zeros where nothing leads from it to the loss. */
  arriving(name: string): Gradient;
}

/** Differentiates a planned graph with the evaluators of both arithmetics. */
export function createDifferentiator(
  plan: Plan,
  request: OracleRequest,
  r64: Evaluator,
  n32: Evaluator,
  memo: Memo,
): Differentiator {
  const done = memo.parts;
  const noises = new Map<string, number>();
  return { arriving };

  function arriving(name: string): Gradient {
    if (name === request.loss) return loss(name);
    const reason = plan.backwardReason(name);
    if (reason) throw notImplemented(reason, name);
    if (!plan.leads(name)) return noGradient(name);
    for (const node of pendingBackward(plan, request, name, done)) done.set(node, differentiateNode(node));
    return total(name) ?? noGradient(name);
  }

  /** The sum over the uses, in the order of the graph. */
  function total(name: string): Gradient | undefined {
    let sum: Gradient | undefined;
    for (const { node, slot } of plan.uses.get(name) ?? []) {
      const part = done.get(node)?.[slot];
      if (part) sum = sum ? added(sum, part, n32) : part;
    }
    return sum;
  }

  /** What flows into the producer of an output. */
  function cotangent(name: string): Gradient | undefined {
    const cut = request.gradients.get(name);
    if (cut) {
      const value = recorded(plan, cut);
      return { r64: value, n32: stored(n32.arithmetic, value), slack: null };
    }
    if (name === request.loss) return loss(name);
    return plan.leads(name) ? total(name) : undefined;
  }

  function differentiateNode(index: number): (Gradient | undefined)[] {
    const { node, operator } = plan.nodes[index]!;
    const cotangents = node.outputs.map(cotangent);
    if (!operator?.vjp || cotangents.every((c) => c === undefined)) return [];
    const noise = node.inputs.map(noiseOf);
    const recordedOutput = (output: number): Value | undefined => {
      const source = request.values.get(node.outputs[output] ?? '');
      return source && fromSource(source);
    };
    const run = (evaluator: Evaluator, given: readonly (Value | undefined)[]) =>
      vjp(plan, index, evaluator, given, noise, recordedOutput, request.saved);
    const exact = run(
      r64,
      cotangents.map((c) => c?.r64),
    );
    const naive = run(
      n32,
      cotangents.map((c) => c?.n32),
    );
    const passed = estimateSlack(cotangents, index, (given) => run(r64, given));
    return exact.map((part, slot) => {
      const other = naive[slot];
      if (!part || !other) return undefined;
      return { r64: part.value, n32: other.value, slack: addSlack(part.slack ?? null, passed?.[slot] ?? null) };
    });
  }

  /** 8 · rms(N32 − R64) of a computed tensor: as far as an honest float32 run strays. What is recorded or fed is exact. */
  function noiseOf(name: string): number {
    if (name === '' || request.values.has(name) || !plan.producers.has(name)) return 0;
    const known = noises.get(name);
    if (known !== undefined) return known;
    const a = r64.output(name).data;
    const b = n32.output(name).data;
    let sum = 0;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) sum += (b[i]! - a[i]!) ** 2;
    const noise = 8 * Math.sqrt(sum / Math.max(1, a.length));
    noises.set(name, Number.isFinite(noise) ? noise : 0);
    return noises.get(name)!;
  }

  function loss(name: string): Gradient {
    const { dtype, shape, data } = r64.read(name);
    if (data.length !== 1) {
      throw new LayerdiffError(
        'E_LOSS',
        name,
        `the loss has the shape [${shape.join(', ')}]`,
        'Name a tensor of one element as the loss.',
      );
    }
    const one: Value = { dtype, shape, data: Float64Array.of(1) };
    return { r64: one, n32: one, slack: null };
  }

  function noGradient(name: string): Gradient {
    const known =
      request.values.get(name) ??
      request.gradients.get(name) ??
      request.inputs.get(name) ??
      plan.graph.initializers.get(name);
    const { dtype, shape } = known ?? r64.output(name);
    const nothing = zeros(dtype, shape);
    return { r64: nothing, n32: nothing, slack: null };
  }
}

/** Runs the vector-Jacobian product of one node in one arithmetic. */
function vjp(
  plan: Plan,
  index: number,
  evaluator: Evaluator,
  cotangents: readonly (Value | undefined)[],
  noise: readonly number[],
  recorded: (output: number) => Value | undefined,
  saved?: ReadonlySet<string>,
): readonly (Cotangent | undefined)[] {
  const context = vjpContext(plan, index, evaluator, { cotangents, noise, recorded });
  const { node, operator } = plan.nodes[index]!;
  const own = (name: string, i: number): Value | undefined =>
    saved?.has(name) === true ? evaluator.read(name) : context.outputs[i];
  const reads = node.outputs.some((name) => saved?.has(name))
    ? { ...context, outputs: node.outputs.map(own) }
    : context;
  const results = operator!.vjp!(reads);
  return results.map((part) => part && { ...part, value: stored(evaluator.arithmetic, part.value) });
}

/** What a node's vector-Jacobian product is given in one arithmetic. `only`: the one input whose cotangent is asked for; all, where it is not said. */
export function vjpContext(
  plan: Plan,
  index: number,
  evaluator: Evaluator,
  given: Pick<VjpContext, 'cotangents' | 'noise' | 'recorded'>,
  only?: number,
): VjpContext {
  const { node } = plan.nodes[index]!;
  const inputs = node.inputs.map((name) => (name === '' ? undefined : evaluator.read(name)));
  return {
    ...evaluator.context(index),
    ...given,
    arithmetic: arithmeticFor(evaluator.arithmetic, inputs),
    inputs,
    // Only computed where the formula reads it.
    get outputs() {
      return evaluator.outputs(index);
    },
    needs: inputs.map(
      (input, slot) => input !== undefined && isFloat(input.dtype) && (only === undefined || slot === only),
    ),
  };
}

/** The nodes whose products have to run before the total at `name` is known, from the last to the first. */
function pendingBackward(plan: Plan, request: OracleRequest, name: string, done: ReadonlyMap<number, unknown>) {
  const found = new Set<number>();
  const stack = [name];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    for (const { node } of plan.uses.get(next) ?? []) {
      if (found.has(node) || done.has(node)) continue;
      found.add(node);
      for (const output of plan.nodes[node]!.node.outputs) {
        const computed = output !== request.loss && !request.gradients.has(output) && plan.leads(output);
        if (computed && plan.nodes[node]!.operator?.vjp) stack.push(output);
      }
    }
  }
  return [...found].toSorted((a, b) => b - a);
}

function added(a: Gradient, b: Gradient, n32: Evaluator): Gradient {
  const { round } = arithmeticFor(n32.arithmetic, [a.n32]);
  return {
    r64: { ...a.r64, data: a.r64.data.map((x, i) => x + b.r64.data[i]!) },
    n32: stored(n32.arithmetic, { ...a.n32, data: a.n32.data.map((x, i) => round(x + b.n32.data[i]!)) }),
    slack: addSlack(a.slack, b.slack),
  };
}

function addSlack(a: Float64Array | null, b: Float64Array | null): Float64Array | null {
  if (!a || !b) return a ?? b;
  return a.map((x, i) => x + b[i]!);
}
