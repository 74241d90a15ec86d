import type { OracleAnswer, Value } from './oracle.ts';
import type { GraphNode, Wiring } from './graph.ts';
import type { Direction } from './trace.ts';
import type { TensorReport } from './report.ts';

/** What a rule may look at: one faulty tensor, and everything the subject recorded around it. */
export interface RuleContext {
  readonly row: TensorReport;
  readonly direction: Direction;
  readonly tensor: string;
  readonly wiring: Wiring;
  /** C: the subject's own numbers. */
  readonly subject: Value;
  /** What they should have been. */
  readonly truth: OracleAnswer;
  /** The error that the noise floor explains: predictions must be at least this near. */
  readonly allowed: number;
  /** Forward: the node that makes the tensor. Backward: the nodes that read it. */
  readonly nodes: readonly GraphNode[];
  /** The subject's recorded value of a tensor (parameters and inputs included), or null where it recorded none. */
  value(name: string): Value | null;
  /** The subject's recorded gradient of a tensor, or null. */
  gradient(name: string): Value | null;
  /** Every name the subject recorded a value (forward) or gradient (backward) of. */
  recorded(direction: Direction): readonly string[];
  /** The producing layer evaluated in float64 with some of its inputs replaced (by tensor name): what the tensor would have been. Null where the oracle cannot. */
  evaluate(replace: ReadonlyMap<string, Value>, node?: GraphNode): Value | null;
}

/** What a bug would have computed. It is shown only where `predicted` meets the subject's numbers within the noise floor. */
export interface Hypothesis {
  /** One of causes.md. */
  readonly cause: string;
  readonly claim: string;
  readonly fix: string;
  readonly predicted: Float64Array;
  readonly evidence?: readonly string[];
}

/** One family of causes: proposes what this bug would have computed; the stage tests it. */
export interface Rule {
  readonly id: string;
  readonly directions: readonly Direction[];
  propose(context: RuleContext): Iterable<Hypothesis>;
}
