import { sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { Session } from './session.ts';

/**
 * How much may be computed for one faulty tensor. Counted in work, not by the clock, so that a report is the same on every machine: one unit
 * is about a nanosecond of the oracle's plain loops.
 */
export interface Budget {
  limit: number;
  spent: number;
  /** Ideas (a rule at a node) that there were, and those that were tried. */
  ideas: number;
  tried: number;
  /** Set by whoever does not want to wait longer. */
  cancelled: boolean;
}

/** About three seconds of plain loops: the layers of usual networks need a tenth of it. */
export const SITE_BUDGET = 3e9;

/** What all faulty layers of a report may cost together, about a minute: the first are searched first. */
export const REPORT_BUDGET = 20 * SITE_BUDGET;
/** So much of it at most is for the forward pass: where that is wrong everywhere, the first gradients have their turn as well. */
export const FORWARD_SHARE = 2 / 3;
/** What trying an idea costs besides the arithmetic: most layers of deep networks are small. */
const IDEA = 1e6;

/** What the search of one layer took of the report's budget. */
export const chargeOf = ({ spent, tried }: Budget): number => spent + IDEA * tried;

/** Touching one element in an operator, and one multiplication of an inner sum. */
const ELEMENT = 40;
const PRODUCT = 1.3;

export const budgetOf = (limit = SITE_BUDGET): Budget => ({ limit, spent: 0, ideas: 0, tried: 0, cancelled: false });

/** Leaves no more than a share of the whole for what comes now. */
export function narrow(budget: Budget, share: number): void {
  budget.limit = Math.min(budget.limit, budget.spent + share * budget.limit);
}

export const isOpen = (budget: Budget): boolean => !budget.cancelled && budget.spent < budget.limit;

/** Counts an idea, and says whether there is room to try it. */
export function takes(budget: Budget): boolean {
  budget.ideas++;
  if (!isOpen(budget)) return false;
  budget.tried++;
  return true;
}

/** What was left out, in words; null where nothing was. */
export function cutShort({ ideas, tried, cancelled }: Budget): string | null {
  if (tried >= ideas) return null;
  return `searched ${tried} of ${ideas} ideas, then ${cancelled ? 'was stopped' : 'the budget of one layer was used up'}`;
}

const costs = new WeakMap<Session, number>();

/** What one evaluation of the session's segment costs, in its direction and one arithmetic. */
export function evaluationCost(session: Session): number {
  const known = costs.get(session);
  if (known !== undefined) return known;
  const nodes = session.segment.nodes.reduce((sum, node) => sum + nodeCost(session, node), 0);
  const cost = nodes + ELEMENT * session.truth.data.length;
  costs.set(session, cost);
  return cost;
}

/** What a rule costs that looks at one node: it goes over what the node reads and writes a few times. */
export function ideaCost(session: Session, node: GraphNode | null): number {
  const all = node === null ? [] : [...node.inputs, ...node.outputs];
  return (ELEMENT / 4) * all.reduce((sum, name) => sum + elementsOf(session, name), session.truth.data.length);
}

function nodeCost(session: Session, node: GraphNode): number {
  const outputs = node.outputs.reduce((sum, name) => sum + elementsOf(session, name), 0);
  const products = productsOf(node.op, (slot) => shapeOf(session, node.inputs[slot]), outputs);
  if (session.direction === 'forward') return ELEMENT * outputs + products;
  return 2 * ELEMENT * outputs + backTimes(node.op) * products;
}

/** What the inner sums cost of an operator that a rule runs by itself; its elements are in the cost of the idea. */
export const runCost = (op: string, inputs: Values, outputs: Values): number =>
  productsOf(
    op,
    (slot) => inputs[slot]?.shape ?? null,
    outputs.reduce((sum, output) => sum + (output?.data.length ?? 0), 0),
  );

/** What its way back costs. */
export const vjpCost = (op: string, inputs: Values, outputs: Values): number =>
  backTimes(op) * runCost(op, inputs, outputs);

/** A sum for each operand; recurrent layers go forward once more. */
const backTimes = (op: string): number => (RECURRENT.has(op) ? 4 : 2);

type Values = readonly (Value | undefined)[];

/** Operators that sum: elements of the second input, or of the first, for each element of the output. */
const INNER = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul', 'Attention', 'LSTM', 'GRU', 'RNN', 'Einsum']);
const RECURRENT = new Set(['LSTM', 'GRU', 'RNN']);

function productsOf(op: string, shapeAt: (slot: number) => readonly number[] | null, outputs: number): number {
  if (!INNER.has(op)) return 0;
  const shape = shapeAt(1) ?? [];
  if (op === 'Conv') return PRODUCT * outputs * sizeOf(shape.slice(1));
  if (op === 'MatMul') return PRODUCT * outputs * (shape.at(-2) ?? 1);
  if (op === 'Gemm') return PRODUCT * outputs * Math.max(...shape, 1);
  // W is [directions, gates · hidden, input], R [directions, gates · hidden, hidden]: each gate of an element reads a row of both.
  if (RECURRENT.has(op)) {
    const hidden = shapeAt(2)?.at(-1) ?? 1;
    return PRODUCT * outputs * ((shape[1] ?? hidden) / hidden) * ((shape[2] ?? 1) + hidden);
  }
  return PRODUCT * outputs * (shape.length > 2 ? sizeOf(shape.slice(2)) : (shape.at(-1) ?? 1));
}

const elementsOf = (session: Session, name: string): number => {
  const shape = shapeOf(session, name);
  return shape === null ? 0 : sizeOf(shape);
};

/** A tensor's shape, computed where it is recorded nowhere; null where it cannot be. */
function shapeOf({ request, wiring, oracle }: Session, name: string | undefined): readonly number[] | null {
  if (name === undefined || name === '') return null;
  const source = request.values.get(name) ?? request.inputs.get(name) ?? wiring.graph.initializers.get(name);
  if (source !== undefined) return source.shape;
  try {
    return oracle.value(name).r64.shape;
  } catch {
    return null;
  }
}
