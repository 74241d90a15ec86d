/** The algorithms that an update can be held against. */
export const OPTIMIZERS = ['sgd', 'adam', 'adamw', 'rmsprop', 'adagrad'] as const;
export type OptimizerKind = (typeof OPTIMIZERS)[number];

/** What an optimiser is set to. The model file does not say: the trace or the user declares it. */
export interface OptimizerSettings {
  readonly kind: OptimizerKind;
  readonly learningRate: number;
  /** SGD and RMSProp: share of the velocity that goes on. */
  readonly momentum: number;
  readonly nesterov: boolean;
  readonly dampening: number;
  /** Adam: of the first moment, of the second. RMSProp uses the second. */
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  /** Weight decay: L2 in sgd, adam, rmsprop and adagrad, decoupled in adamw. */
  readonly decay: number;
  /** RMSProp: the mean is taken from the second moment. */
  readonly centered: boolean;
  /** Adagrad: what its sum of squares begins with. */
  readonly initialAccumulator: number;
}

/** An optimiser as a person writes it: an object of its settings, its JSON, or `adam,learningRate=0.001`. */
export type OptimizerDeclaration = string | Readonly<Record<string, unknown>>;

/** Settings that only some parameters have, by glob: the last that fits holds. */
export interface OptimizerGroup {
  readonly parameters: readonly string[];
  readonly settings: Partial<OptimizerSettings>;
}

/** What a subject declares of its optimiser. */
export interface DeclaredOptimizer {
  readonly settings: OptimizerSettings;
  /** Steps taken, this one included; by default the trace's iteration + 1. */
  readonly step: number | null;
  /** Whether recorded state is that of before the step or after it; null: found out. */
  readonly states: 'before' | 'after' | null;
  readonly groups: readonly OptimizerGroup[];
}
