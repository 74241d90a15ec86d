import type { Graph, GraphNode, ValueInfo } from '../../../harness/types/graph.ts';
import type { DataType, Shape } from '../../../harness/types/tensor.ts';
import type { Emitter } from '../rule.ts';
import { int, ints, WORKING_OPSET } from '../rule.ts';

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
  const nodes: GraphNode[] = [];
  const inner = innerEmitter(emitter, prefix, nodes);
  const entering = [...states, ...inputs].map(({ shape, dtype: type }, k) => ({
    name: `${prefix}in_${k}`,
    shape,
    dtype: type,
  }));
  const names = entering.map(({ name }) => name);
  const made = body(inner, names.slice(0, states.length), names.slice(states.length));
  const results = [...made.states, ...made.outputs].map((name) => inner.emit('Identity', [name]));
  const outputs = results.map((name): ValueInfo => ({ name, dtype, shape: null }));
  const graph: Graph = {
    name: prefix,
    nodes,
    inputs: entering,
    outputs,
    initializers: new Map(),
    opset: new Map([['', WORKING_OPSET]]),
  };
  const way = backwards ? 1 : 0;
  const found = emitter.emitMany(
    'Scan',
    [...states, ...inputs].map(({ name }) => name),
    outputs.length,
    {
      body: { kind: 'graph', value: graph },
      num_scan_inputs: int(inputs.length),
      scan_input_directions: ints(inputs.map(() => way)),
      scan_output_directions: ints(made.outputs.map(() => way)),
    },
  );
  return { states: found.slice(0, states.length), outputs: found.slice(states.length) };
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
