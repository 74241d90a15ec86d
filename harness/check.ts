import { aligned, type Aligned } from './run/aligned.ts';
import { compareAll } from './run/compare.ts';
import { diagnoseAll } from './run/diagnose.ts';
import { rules } from './rules/_list.ts';
import { assemble, stopped } from './run/report.ts';
import { judgeSteps } from './run/updates.ts';
import type { Subject, Reference } from './types/adapter.ts';
import type { Graph } from './types/graph.ts';
import type { Host } from './types/host.ts';
import { OPTIMIZER_OPTION, parseOptimizer } from './optimizer.ts';
import type { OptimizerDeclaration } from './types/optimizer.ts';
import type { Report } from './types/report.ts';
import type { Rule } from './types/rule.ts';
import type { TensorSource } from './types/tensor.ts';
import type { PrecisionAllowance, ToleranceRule } from './types/tolerance.ts';

/** How a check is to be made. Every default is filled here, once. */
export interface CheckOptions {
  /** Inputs by the reference's names; a trace may hold its own. */
  readonly inputs?: ReadonlyMap<string, TensorSource>;
  /** The subject's names to the reference's. */
  readonly map?: ReadonlyMap<string, string>;
  /** The subject's names that have no partner: they are not compared. */
  readonly apart?: ReadonlySet<string>;
  /** Hears what both sides were given, and which tensor was taken for which, before anything is compared. */
  readonly onAligned?: (found: Aligned, graph: Graph) => void;
  /** The scalar output to differentiate; found by itself where not named. */
  readonly loss?: string | null;
  /** Outputs whose recorded gradients start the backward pass. */
  readonly seeds?: readonly string[];
  /** Run a subject that can be run twice, to see whether it is deterministic (default: true). */
  readonly twice?: boolean;
  /** Tolerances by tensor; calibrated where none fits. */
  readonly tolerances?: readonly ToleranceRule[];
  /** Tensors that may lack precision, each with a reason. */
  readonly allowPrecision?: readonly PrecisionAllowance[];
  /** What may be proposed as a cause (default: every rule). What it proposes is tested either way. */
  readonly rules?: readonly Rule[];
  /** What the optimiser is set to, where updates are recorded: an object, its JSON, or `adam,learningRate=0.001`. Wins over what the subject declares; null: what it declares, else inferred. */
  readonly optimizer?: OptimizerDeclaration | null;
  /** The command that gives this report again. */
  readonly rerun?: string;
  readonly host?: Host;
  /** Ends the search for causes: the report has what was found so far. */
  readonly signal?: { readonly aborted: boolean } | null;
}

/** Options with nothing left open. */
export type CheckPlan = Required<CheckOptions>;

const SILENT_HOST: Host = { now: () => 0, peakBytes: () => 0 };

/**
 * Finds every layer of the subject that computes something else than the reference, forward and backward, and the first in each direction.
 * @returns plain data; a mismatch is a result, not an error
 * @throws LayerdiffError where nothing can be compared (a bad file, an input missing, an operator that is not supported)
 */
export async function check(subject: Subject, reference: Reference, options: CheckOptions = {}): Promise<Report> {
  const plan = resolvePlan(options);
  const started = plan.host.now();
  const found: Aligned = await aligned(subject, reference, plan);
  plan.onAligned(found, reference.graph);
  if (found.stop !== null) return stopped(found, subject, reference, plan, started);
  const compared = await compareAll(found, reference, plan);
  const findings = await diagnoseAll(found, compared, plan, subject);
  const updates = judgeSteps(found, subject, reference.graph, plan);
  return assemble(found, compared, findings, updates, subject, reference, plan, started);
}

/** Options with every default filled. */
export function resolvePlan(options: CheckOptions): CheckPlan {
  // What is misspelt is said at once, also where no update was recorded.
  if (options.optimizer != null) parseOptimizer(options.optimizer, OPTIMIZER_OPTION);
  return {
    inputs: options.inputs ?? new Map(),
    map: options.map ?? new Map(),
    apart: options.apart ?? new Set(),
    onAligned: options.onAligned ?? (() => {}),
    loss: options.loss ?? null,
    seeds: options.seeds ?? [],
    twice: options.twice ?? true,
    tolerances: options.tolerances ?? [],
    allowPrecision: options.allowPrecision ?? [],
    rules: options.rules ?? rules,
    optimizer: options.optimizer ?? null,
    rerun: options.rerun ?? '',
    host: options.host ?? SILENT_HOST,
    signal: options.signal ?? null,
  };
}
