import { createOracle } from '../oracle/index.ts';
import { opsetOf } from '../oracle/registry.ts';
import { runOperator } from '../oracle/run.ts';
import { fromSource } from '../oracle/value.ts';
import { segmentGraph } from '../segment.ts';
import type { Attributes, Graph, GraphNode, Wiring } from '../types/graph.ts';
import type { Oracle, OracleRequest, Value } from '../types/oracle.ts';
import type { RuleContext } from '../types/rule.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Direction } from '../types/trace.ts';

/** One faulty tensor on the table: its segment, what the subject recorded around it, and the right answer. */
export interface Session {
  readonly tensor: string;
  readonly direction: Direction;
  readonly wiring: Wiring;
  readonly request: OracleRequest;
  readonly segment: Graph;
  readonly oracle: Oracle;
  readonly subject: Value;
  readonly truth: Value;
  readonly slack: Float64Array | null;
  readonly allowed: number;
  readonly recordedValues: ReadonlyMap<string, TensorSource>;
  readonly recordedGradients: ReadonlyMap<string, TensorSource>;
}

/** Opens the session of a tensor; reads of recorded tensors are made once. */
export function openSession(
  given: Omit<Session, 'segment' | 'oracle' | 'recordedValues' | 'recordedGradients'>,
  recordedValues: ReadonlyMap<string, TensorSource>,
  recordedGradients: ReadonlyMap<string, TensorSource>,
): Session {
  const { wiring, request, tensor, direction } = given;
  const segment = segmentGraph(wiring, request, tensor, direction);
  return { ...given, segment, oracle: createOracle(segment, request), recordedValues, recordedGradients };
}

/** What every kind of rule may look at. */
export function commonContext(session: Session): RuleContext {
  const { tensor, direction, wiring, subject, truth, allowed, recordedValues, recordedGradients } = session;
  const { graph } = wiring;
  const value = (name: string): Value | null =>
    read(recordedValues.get(name) ?? session.request.inputs.get(name) ?? graph.initializers.get(name));
  return {
    direction,
    tensor,
    wiring,
    subject,
    truth,
    allowed,
    value,
    gradient: (name) => read(recordedGradients.get(name)),
    recorded: (way) => [...(way === 'forward' ? recordedValues : recordedGradients).keys()],
    run: (op, inputs, attributes = {}, domain = '') =>
      runOperator(bareNode(op, inputs.length, attributes, domain), inputs, opsetFor(graph, domain)),
  };
}

const known = new WeakMap<TensorSource, Value>();

function read(source: TensorSource | undefined): Value | null {
  if (source === undefined) return null;
  const held = known.get(source) ?? fromSource(source);
  known.set(source, held);
  return held;
}

const opsetFor = (graph: Graph, domain: string): number => opsetOf(bareNode('', 0, {}, domain), graph.opset);

function bareNode(op: string, inputs: number, attributes: Attributes, domain: string): GraphNode {
  const names = Array.from({ length: inputs }, (_, i) => `input${i}`);
  // Enough outputs that an operator with several gives them all.
  return { name: op, op, domain, inputs: names, outputs: ['output0', 'output1', 'output2', 'output3'], attributes };
}
