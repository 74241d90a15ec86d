import type { Attribute, Attributes, GraphNode, Wiring } from './graph.ts';
import type { Value } from './oracle.ts';
import type { Tensor } from './tensor.ts';
import type { Direction } from './trace.ts';

/**
 * How much a hypothesis says. Where several meet the numbers, the more specific is the cause: an operator's own bug (3), a bug of its
 * family or a named number (2), a form that many bugs could take (1).
 */
export type Specificity = 1 | 2 | 3;

/** What every hypothesis says in words. The numbers found go into the claim. */
export interface Told {
  /** One of causes.md. */
  readonly cause: string;
  /** What was done instead, with the numbers found: `epsilon is 1.0e-3, the model says 1e-5`. */
  readonly claim: string;
  /** What to change, as an instruction. */
  readonly fix: string;
  readonly specificity: Specificity;
  readonly evidence?: readonly string[];
}

/** A bug as an edit of the network: the nodes that stand in the place of one node. They make the same output names. */
export interface Edit {
  readonly nodes: readonly GraphNode[];
  readonly constants?: ReadonlyMap<string, Tensor>;
}

/** A bug in the forward pass, as an edit: the oracle computes what the network would have given with it, forward and backward. */
export interface ForwardHypothesis extends Told {
  readonly edit: Edit;
  /** The bug is one of rounding, which float64 does not have: what the edited network gives in float32 is the prediction. */
  readonly inFloat32?: boolean;
}

/** A bug in a backward pass: what the node would have sent back to its input instead. */
export interface BackwardHypothesis extends Told {
  readonly part: Float64Array;
}

/** One use of a tensor, and what it sends back. */
export interface Use {
  readonly node: GraphNode;
  readonly slot: number;
  readonly part: Float64Array;
}

/** A form: what would have been recorded instead, whatever the operator. */
export interface FormHypothesis extends Told {
  readonly predicted: Float64Array;
  /** By how much the prediction scales the noise of a right answer (default 1): a factor of 8 makes 8 times the noise. */
  readonly gain?: number;
}

/** What all rules may look at. Values are the subject's own wherever it recorded them, else the oracle's from its recorded inputs. */
export interface RuleContext {
  readonly direction: Direction;
  /** The faulty tensor, by the reference's name. */
  readonly tensor: string;
  readonly wiring: Wiring;
  /** C: what the subject recorded for the faulty tensor. */
  readonly subject: Value;
  /** R64: what it should have been. */
  readonly truth: Value;
  /** The error that the noise floor explains. */
  readonly allowed: number;
  /** The subject's recorded value of a tensor (parameters and inputs included), or null. */
  value(name: string): Value | null;
  /** The subject's recorded gradient of a tensor, or null. */
  gradient(name: string): Value | null;
  /** Names that the subject recorded a value or a gradient of. */
  recorded(direction: Direction): readonly string[];
  /** Runs any operator in float64; null where the oracle cannot, or the inputs do not fit it. */
  run(
    op: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Attributes,
    domain?: string,
  ): readonly (Value | undefined)[] | null;
  /** The nodes of the faulty segment: those that make the tensor or, backward, those through which its gradient comes. */
  readonly segment: readonly GraphNode[];
  /** Backward: the tensor's gradient if nothing flowed back through these tensors of the segment (as if they were constants); null where it cannot be computed. */
  blocked(names: readonly string[]): Float64Array | null;
}

/** What a forward rule may look at: one node of the faulty segment. */
export interface ForwardContext extends RuleContext {
  readonly node: GraphNode;
  readonly attributes: Attributes;
  readonly opset: number;
  /** Input i as the node reads it, undefined where absent. */
  readonly inputs: readonly (Value | undefined)[];
  /** What the right operator makes of them. */
  readonly outputs: readonly (Value | undefined)[];
  /** True where the faulty tensor is the node's own output: `subject` can then be solved for unknown constants. False inside a fused segment. */
  readonly direct: boolean;
  /** An edit that keeps the node but for these attributes (null removes one), inputs (by slot) or operator. */
  same(change: {
    attributes?: Readonly<Record<string, Attribute | null>>;
    inputs?: Readonly<Record<number, string>>;
    op?: string;
    drop?: readonly number[];
  }): Edit;
  /** A name that nothing in the graph has. */
  fresh(hint: string): string;
}

/** What a backward rule may look at: one node that reads the tensor whose gradient is wrong. */
export interface BackwardContext extends RuleContext {
  readonly node: GraphNode;
  readonly attributes: Attributes;
  readonly opset: number;
  /** The slot of the node through which it reads the tensor. */
  readonly slot: number;
  readonly inputs: readonly (Value | undefined)[];
  readonly outputs: readonly (Value | undefined)[];
  /** Gradients of the node's outputs: what the subject recorded, else what its later gradients give. */
  readonly cotangents: readonly (Value | undefined)[];
  /** What the node should send back through the slot. */
  readonly part: Value;
  /** What the tensor's other uses send back, summed (zeros where there are none): predicted = others + part. */
  readonly others: Float64Array;
  /** What this node must have sent if it alone is wrong: subject − others. */
  readonly wanted: Float64Array;
  /** True where the faulty tensor is the one read through the slot: `wanted` is then what was sent. False inside a fused segment. */
  readonly direct: boolean;
  /** Every use of the tensor that the slot reads, this one among them, in order of execution; null where one of them cannot be computed by itself. */
  uses(): readonly Use[] | null;
  /** The right vector-Jacobian product of changed ingredients: cotangents of all inputs, or null where it cannot be computed. */
  vjp(change: {
    inputs?: readonly (Value | undefined)[];
    outputs?: readonly (Value | undefined)[];
    cotangents?: readonly (Value | undefined)[];
    attributes?: Attributes;
    op?: string;
  }): readonly (Value | undefined)[] | null;
}

/** One family of causes: proposes what this bug would have computed; the stage tests it against the subject's own numbers. */
export interface Rule {
  readonly id: string;
  /** Operators it looks at; all where left out. */
  readonly ops?: readonly string[];
  /** Its forward proposals are many and say little: they are tried only where nothing else explains the tensor. */
  readonly late?: boolean;
  forward?(context: ForwardContext): Iterable<ForwardHypothesis>;
  backward?(context: BackwardContext): Iterable<BackwardHypothesis>;
  /** Looks at the numbers alone. Called once a faulty tensor. */
  form?(context: RuleContext): Iterable<FormHypothesis>;
}
