import type { Attributes, Graph, GraphNode, ValueInfo } from '../../../harness/types/graph.ts';
import type { DataType, Shape } from '../../../harness/types/tensor.ts';
import type { Emitter } from '../rule.ts';
import { int, ints, WORKING_OPSET } from '../rule.ts';
import { range } from './_tensors.ts';

/** A tensor that enters a body: its shape there is without the scanned axis. */
export interface Entering {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DataType;
}

/** A loop over the first axis of some tensors. */
export interface Course {
  /** Unique among the graph's names: those of the body begin with it. */
  readonly prefix: string;
  readonly states: readonly Entering[];
  /** Scanned: [steps, …shape]. */
  readonly inputs: readonly Entering[];
  /** From the last step to the first; outputs stand in the order of the steps all the same. */
  readonly backwards: boolean;
}

/** Names, in the order of the course; outputs are what the body collects at each step. */
export interface Scanned {
  readonly states: readonly string[];
  readonly outputs: readonly string[];
}

/**
 * Emits a Scan, so that the size of the graph does not depend on the number of steps. The body may read any tensor of the
 * graph around it; constants stand there.
 *
 * @param dtype float type of what the body gives out
 * @returns the last states, and the collected outputs, [steps, …]
 */
export function scan(
  emitter: Emitter,
  dtype: DataType,
  { prefix, states, inputs, backwards }: Course,
  body: (inner: Emitter, states: readonly string[], inputs: readonly string[]) => Scanned,
): Scanned {
  const entering = [...states, ...inputs].map(({ shape, dtype: type }, k) => ({
    name: `${prefix}in_${k}`,
    shape,
    dtype: type,
  }));
  const names = entering.map(({ name }) => name);
  const nodes: GraphNode[] = [];
  const inner = innerEmitter(emitter, prefix, nodes);
  const made = body(inner, names.slice(0, states.length), names.slice(states.length));
  // What is given out has to be made by the body, and once.
  const results = [...made.states, ...made.outputs].map((name) => inner.emit('Identity', [name]));
  const graph: Graph = {
    name: prefix,
    nodes,
    inputs: entering,
    outputs: results.map((name): ValueInfo => ({ name, dtype, shape: null })),
    initializers: new Map(),
    opset: new Map([['', WORKING_OPSET]]),
  };
  const attributes = attributesOf(graph, inputs.length, made.outputs.length, backwards);
  const given = [...states, ...inputs].map(({ name }) => name);
  const found = emitter.emitMany('Scan', given, results.length, attributes);
  return { states: found.slice(0, states.length), outputs: found.slice(states.length) };
}

function attributesOf(body: Graph, inputs: number, outputs: number, backwards: boolean): Attributes {
  const ways = (count: number): number[] => range(count).fill(backwards ? 1 : 0);
  return {
    body: { kind: 'graph', value: body },
    num_scan_inputs: int(inputs),
    scan_input_directions: ints(ways(inputs)),
    scan_output_directions: ints(ways(outputs)),
  };
}

function innerEmitter(outer: Emitter, prefix: string, nodes: GraphNode[]): Emitter {
  const emitMany: Emitter['emitMany'] = (op, inputs, outputs, attributes = {}, domain = '') => {
    const name = `${prefix}${op}_${nodes.length}`;
    const names = Array.from({ length: outputs }, (_, k) => (k === 0 ? name : `${name}:${k}`));
    nodes.push({ name, op, domain, inputs: [...inputs], outputs: names, attributes });
    return names;
  };
  const { constant, ints: vector, scalar } = outer;
  const emit: Emitter['emit'] = (op, inputs, attributes, domain) =>
    emitMany(op, inputs, 1, attributes, domain)[0] as string;
  return { emit, emitMany, constant, ints: vector, scalar };
}
