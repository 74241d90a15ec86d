import { isFloat } from '../../harness/tensor.ts';
import type { Step } from './program.ts';
import type { Replay } from './replay.ts';

/** What has to be computed to answer a request. */
export interface Flow {
  /** Steps of the forward pass that are needed, in order. */
  readonly forward: readonly Step[];
  /** All steps, last first. */
  readonly backward: readonly Step[];
  /** Steps through which a gradient is to be carried. */
  readonly active: ReadonlySet<Step>;
  /** Tensors at which a gradient has to arrive. */
  readonly needed: ReadonlySet<string>;
  /** Tensors that a needed step reads. */
  readonly read: ReadonlySet<string>;
  /** Computed tensors that nobody reads after a step. */
  readonly lastReads: ReadonlyMap<Step, readonly string[]>;
}

type Given = Pick<Replay, 'steps' | 'request' | 'seeds' | 'cuts' | 'types'>;

/** Works out which steps lead from the loss or a seed to a wanted gradient, and which values are needed for them. */
export function flowOf({ steps, request, seeds, cuts, types }: Given): Flow {
  const wanted = new Set(request.wantGradients);
  const isFloating = (name: string): boolean => {
    const type = types.get(name);
    return type !== undefined && isFloat(type.dtype);
  };
  // A gradient must arrive where it is wanted, and where it flows on to somewhere that needs it.
  const needed = new Set<string>();
  const useful = new Set<Step>();
  const carried = new Set<string>();
  const isNeeded = (name: string): boolean =>
    isFloating(name) && (wanted.has(name) || (!seeds.has(name) && carried.has(name)));
  for (const step of steps) {
    const targets = step.inputs.filter(isNeeded);
    for (const name of targets) needed.add(name);
    if (targets.length === 0) continue;
    useful.add(step);
    for (const name of step.outputs) carried.add(name);
  }
  // Something must come from behind.
  const live = new Set<string>([...seeds.keys(), ...(request.loss === null ? [] : [request.loss])]);
  const active = new Set<Step>();
  const backward = [...steps].reverse();
  for (const step of backward) {
    if (!step.outputs.some((name) => live.has(name))) continue;
    for (const name of step.inputs) if (isFloating(name)) live.add(name);
    if (useful.has(step)) active.add(step);
  }
  const forward = neededSteps(steps, new Set(request.wantValues), active, cuts);
  const read = new Set([...forward, ...active].flatMap((step) => step.inputs));
  return { forward, backward, active, needed, read, lastReads: lastReadsOf(forward, active) };
}

function neededSteps(
  steps: readonly Step[],
  wanted: ReadonlySet<string>,
  active: ReadonlySet<Step>,
  cuts: Given['cuts'],
): readonly Step[] {
  const asked = new Set(wanted);
  const ask = (step: Step): void => {
    for (const name of step.inputs) if (!cuts.has(name)) asked.add(name);
  };
  for (const step of active) ask(step);
  const found: Step[] = [];
  for (const step of [...steps].reverse()) {
    if (!step.outputs.some((name) => asked.has(name))) continue;
    found.push(step);
    ask(step);
  }
  return found.reverse();
}

function lastReadsOf(forward: readonly Step[], active: ReadonlySet<Step>): Map<Step, readonly string[]> {
  const kept = new Set([...active].flatMap((step) => step.inputs));
  const last = new Map<string, Step>();
  for (const step of forward) for (const name of step.inputs) if (!kept.has(name)) last.set(name, step);
  const byStep = new Map<Step, string[]>();
  for (const [name, step] of last) byStep.set(step, [...(byStep.get(step) ?? []), name]);
  return byStep;
}
