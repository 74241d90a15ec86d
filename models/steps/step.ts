import type { Subject, SubjectRun } from '../../harness/types/adapter.ts';
import { float32, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';

/** What an optimiser holds of one parameter while it steps. */
export interface Held {
  readonly name: string;
  readonly w: Float32Array;
  readonly gradient: Float32Array;
  /** By slot: a velocity, or two moments. */
  readonly state: Readonly<Record<string, Float32Array>>;
}

/** A hand-written optimiser, as the harness is told of it. */
export interface Optimizer {
  /** What the trace says that it is. */
  readonly declared: Readonly<Record<string, unknown>>;
  readonly slots: readonly string[];
  /** One step of one parameter, in place; the first is 1. `others`: what is held of the parameters before it. */
  step(held: Held, step: number, others: readonly Held[]): void;
}

/** How many steps were taken: the last is recorded, with the state from before it. */
export const STEPS = 3;

/** The subject, which then takes a step of training: its updates and states are recorded too. */
export function stepping(subject: Subject, optimizer: Optimizer): Subject {
  return { ...subject, run: async (request) => stepped(await subject.run(request), optimizer, request.parameters) };
}

function stepped(run: SubjectRun, optimizer: Optimizer, parameters: ReadonlyMap<string, TensorSource>): SubjectRun {
  const { trace } = run;
  const names = [...trace.gradients.keys()].filter((name) => parameters.has(name));
  const [updates, states] = [new Map<string, TensorSource>(), new Map<string, TensorSource>()];
  const before: Held[] = [];
  for (const name of names) {
    const [value, source] = [parameters.get(name)!, trace.gradients.get(name)!];
    const gradient = Float32Array.from(toNumbers(source.read()));
    const held: Held = {
      name,
      w: Float32Array.from(toNumbers(value.read())),
      gradient,
      state: Object.fromEntries(optimizer.slots.map((slot) => [slot, gradient.map(() => 0)])),
    };
    const own = held.w.slice();
    for (let step = 1; step < STEPS; step++) {
      optimizer.step({ ...held, gradient: earlier(gradient, step) }, step, before);
      held.w.set(own);
    }
    for (const slot of optimizer.slots)
      states.set(`${name}/${slot}`, sourceOf(float32([...value.shape], held.state[slot]!.slice())));
    optimizer.step(held, STEPS, before);
    updates.set(
      name,
      sourceOf(
        float32(
          [...value.shape],
          held.w.map((w, i) => w - own[i]!),
        ),
      ),
    );
    before.push(held);
  }
  const metadata = { ...trace.metadata, iteration: STEPS - 1, optimizer: JSON.stringify(optimizer.declared) };
  return { ...run, trace: { ...trace, updates, states, metadata } };
}

/** The gradient of a step before this one: another, of the same size. */
const earlier = (gradient: Float32Array, step: number): Float32Array =>
  gradient.map((g, i) => 0.7 * g + 0.5 * step * gradient[(i + step) % gradient.length]!);
