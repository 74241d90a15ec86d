import { wire } from '../../harness/graph.ts';
import { random32, stored } from '../../harness/oracle/arithmetic.ts';
import { opsetOf, operatorOf } from '../../harness/oracle/registry.ts';
import { fromSource, fromTensor } from '../../harness/oracle/value.ts';
import { isFloat } from '../../harness/tensor.ts';
import type { Graph, GraphNode } from '../../harness/types/graph.ts';
import type { Arithmetic, Value } from '../../harness/types/oracle.ts';
import type { Tensor } from '../../harness/types/tensor.ts';

type Values = readonly (Value | undefined)[];

/** What a subject's own code does in the place of a layer's: changes numbers after the right code, forward or backward. */
export interface Tampering {
  readonly node: GraphNode;
  readonly forward?: (given: { inputs: Values; outputs: Values; value: (name: string) => Value | undefined }) => Values;
  readonly backward?: (given: Returned) => Values;
}

/** What the right backward pass of a node sends back, and what it was made of. */
export interface Returned {
  readonly inputs: Values;
  readonly outputs: Values;
  readonly cotangents: Values;
  readonly parts: Values;
  /** The node's right vector-Jacobian product of other ingredients. */
  readonly again: (change: { inputs?: Values; outputs?: Values; cotangents?: Values; node?: GraphNode }) => Values;
}

/** What to run, and which bugs of the subject are no edits of the graph. */
export interface Script {
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly loss: string | null;
  readonly seed: number;
  readonly tampering: readonly Tampering[];
  /** Tensors of which only the last use's gradient is kept, or in which uses are summed otherwise. */
  readonly collect?: ReadonlyMap<string, (parts: readonly Float64Array[]) => Float64Array>;
}

export interface Simulated {
  readonly values: ReadonlyMap<string, Value>;
  readonly gradients: ReadonlyMap<string, Value>;
}

/** A subject's whole iteration in float32 with random rounding, chained: each layer on what the one before made of it, bugs included. */
export function simulate(script: Script): Simulated {
  const arithmetic = random32(script.seed);
  const values = runForward(script, arithmetic);
  return { values, gradients: runBackward(script, arithmetic, values) };
}

function runForward({ graph, inputs, tampering }: Script, arithmetic: Arithmetic): Map<string, Value> {
  const values = new Map<string, Value>();
  for (const [name, tensor] of inputs) values.set(name, fromTensor(tensor));
  for (const [name, source] of graph.initializers) values.set(name, fromSource(source));
  for (const node of graph.nodes) {
    const given = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
    const right = runNode(node, graph, arithmetic, given);
    const made =
      tampering
        .find((t) => t.node === node && t.forward)
        ?.forward?.({ inputs: given, outputs: right, value: (name) => values.get(name) }) ?? right;
    node.outputs.forEach((name, i) => {
      const value = made[i];
      if (name !== '' && value !== undefined) values.set(name, stored(arithmetic, value));
    });
  }
  return values;
}

function runNode(node: GraphNode, graph: Graph, arithmetic: Arithmetic, inputs: Values): Values {
  const operator = operatorOf(node);
  if (operator === null) throw new Error(`no operator ${node.op}`);
  return operator.forward(contextOf(node, graph, arithmetic), inputs);
}

function contextOf(node: GraphNode, graph: Graph, arithmetic: Arithmetic) {
  const run = (): never => {
    throw new Error('sub-graphs are not simulated');
  };
  return { node, attributes: node.attributes, opset: opsetOf(node, graph.opset), arithmetic, run };
}

function runBackward(script: Script, arithmetic: Arithmetic, values: ReadonlyMap<string, Value>): Map<string, Value> {
  const { graph, loss } = script;
  const parts = new Map<string, Value[]>();
  const totals = new Map<string, Value>();
  const seeds = loss === null ? graph.outputs.map((output) => output.name) : [loss];
  for (const name of seeds) parts.set(name, [seedGradient(values.get(name) as Value, loss === null)]);
  const total = (name: string): Value | undefined => {
    const known = totals.get(name);
    const sent = parts.get(name);
    if (known !== undefined || sent === undefined) return known;
    const sum = collected(script, name, sent, arithmetic);
    totals.set(name, sum);
    return sum;
  };
  for (const node of graph.nodes.toReversed()) {
    const cotangents = node.outputs.map((name) => (name === '' ? undefined : total(name)));
    const sent = sendBack(script, arithmetic, node, values, cotangents);
    node.inputs.forEach((name, slot) => {
      const part = sent[slot];
      if (name === '' || part === undefined) return;
      parts.set(name, [...(parts.get(name) ?? []), stored(arithmetic, part)]);
    });
  }
  for (const name of parts.keys()) total(name);
  return totals;
}

function seedGradient(value: Value, varied: boolean): Value {
  return { ...value, data: value.data.map((_, i) => (varied ? Math.fround(Math.sin(1.7 * i + 0.4)) : 1)) };
}

function collected({ collect }: Script, name: string, sent: readonly Value[], { round }: Arithmetic): Value {
  const [first] = sent as [Value];
  const own = collect?.get(name);
  if (own !== undefined) return { ...first, data: own(sent.map(({ data }) => data)) };
  const sum = sent.slice(1).reduce((a, b) => a.map((x, i) => round(x + (b.data[i] as number))), first.data);
  return { ...first, data: sum };
}

function sendBack(
  { graph, tampering }: Script,
  arithmetic: Arithmetic,
  node: GraphNode,
  values: ReadonlyMap<string, Value>,
  cotangents: Values,
): Values {
  const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
  const outputs = node.outputs.map((name) => (name === '' ? undefined : values.get(name)));
  const again: Returned['again'] = (change) => {
    const acting = change.node ?? node;
    const operator = operatorOf(acting);
    const given = change.cotangents ?? cotangents;
    if (operator?.vjp === undefined || given.every((c) => c === undefined)) return [];
    const read = change.inputs ?? inputs;
    const context = contextOf(acting, graph, arithmetic);
    const needs = read.map((input) => input !== undefined && isFloat(input.dtype));
    const made =
      change.outputs ??
      (acting === node && change.inputs === undefined ? outputs : runNode(acting, graph, arithmetic, read));
    const noise = read.map(() => 0);
    const recorded = (output: number): Value | undefined => made[output];
    return operator
      .vjp({ ...context, inputs: read, outputs: made, recorded, cotangents: given, noise, needs })
      .map((part) => part?.value);
  };
  const parts = again({});
  const own = tampering.find((t) => t.node === node && t.backward)?.backward;
  return own === undefined || parts.length === 0 ? parts : own({ inputs, outputs, cotangents, parts, again });
}

/** Tensors that nothing reads but a bug's own nodes are not the network's: only the network's own names are recorded. */
export function ownNames(graph: Graph): ReadonlySet<string> {
  const wiring = wire(graph);
  return new Set([...graph.inputs.map(({ name }) => name), ...graph.initializers.keys(), ...wiring.producer.keys()]);
}
