import { type Budget, budgetOf, runCost } from './budget.ts';
import { createOracle } from '../oracle/index.ts';
import { opsetOf } from '../oracle/registry.ts';
import { runOperator } from '../oracle/run.ts';
import { fromSource, toTensor, zeros } from '../oracle/value.ts';
import { segmentGraph, suspects } from '../segment.ts';
import { isFloat, sourceOf } from '../tensor.ts';
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
  readonly budget: Budget;
}

/** Opens the session of a tensor; reads of recorded tensors are made once. */
export function openSession(
  given: Omit<Session, 'segment' | 'oracle' | 'recordedValues' | 'recordedGradients' | 'budget'>,
  recordedValues: ReadonlyMap<string, TensorSource>,
  recordedGradients: ReadonlyMap<string, TensorSource>,
  budget: Budget = budgetOf(),
): Session {
  const { wiring, request, tensor, direction } = given;
  const segment = segmentGraph(wiring, request, tensor, direction);
  return { ...given, segment, oracle: createOracle(segment, request), recordedValues, recordedGradients, budget };
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
    run: (op, inputs, attributes = {}, domain = '') => {
      const outputs = runOperator(bareNode(op, inputs.length, attributes, domain), inputs, opsetFor(graph, domain));
      session.budget.spent += runCost(op, inputs, outputs ?? []);
      return outputs;
    },
    segment: suspects(wiring, session.request, tensor, direction),
    blocked: (names) => {
      try {
        const nothing = names.map((name) => [name, zeros('float64', session.oracle.value(name).r64.shape)] as const);
        return gradientWith(session, new Map(nothing));
      } catch {
        return null; // a value that cannot be computed cannot be blocked
      }
    },
  };
}

/**
 * The gradient of the faulty tensor if these flowed back into the producers of tensors of the segment. The rest of the way is right.
 * Throws where the oracle cannot compute it.
 */
export function gradientWith(session: Session, flows: ReadonlyMap<string, Value>): Float64Array {
  const cuts = [...flows].map(([name, value]) => [name, sourceOf(toTensor(value, 'float64'))] as const);
  const gradients = new Map([...session.request.gradients, ...cuts]);
  const oracle = createOracle(session.segment, { ...session.request, values: valuesOnce(session), gradients });
  return oracle.gradient(session.tensor).r64.data;
}

const computed = new WeakMap<Session, ReadonlyMap<string, TensorSource>>();

/** The recorded values, and those between them, computed once for all hypotheses of a session. */
function valuesOnce(session: Session): ReadonlyMap<string, TensorSource> {
  const known = computed.get(session);
  if (known !== undefined) return known;
  const values = new Map(session.request.values);
  for (const name of session.segment.nodes.flatMap((node) => node.outputs)) {
    if (name === '' || values.has(name) || session.oracle.supports(name, 'forward') !== null) continue;
    const { r64 } = session.oracle.value(name);
    if (isFloat(r64.dtype)) values.set(name, sourceOf(toTensor(r64, 'float64')));
  }
  computed.set(session, values);
  return values;
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
