import { sameShape } from '../shape.ts';
import { countDifferent } from '../metrics/exact.ts';
import type { Observation, Subject, SubjectRequest, SubjectRun } from '../types/adapter.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Direction, Trace } from '../types/trace.ts';

/** A tensor that two identical runs gave differently. */
export interface Unstable {
  readonly tensor: string;
  readonly direction: Direction;
  readonly detail: string;
}

/** The subject's trace, and what was noticed while it was made. */
export interface Taken {
  readonly trace: Trace;
  readonly observations: readonly Observation[];
  /** Tensors that differ between two identical runs, in the trace's order; empty where it was run once. */
  readonly unstable: readonly Unstable[];
}

/** Stage 2: reads the subject's trace, or makes it by running the subject; twice where it can be run, to see whether it is deterministic. */
export async function takeTrace(subject: Subject, request: SubjectRequest, twice: boolean): Promise<Taken> {
  const first = await subject.run(request);
  if (!subject.runs || !twice) return { ...taken(first), unstable: [] };
  const second = await subject.run(request);
  return { ...taken(first), unstable: instabilities(first.trace, second.trace) };
}

const taken = (run: SubjectRun): Omit<Taken, 'unstable'> => ({ trace: run.trace, observations: run.observations });

function instabilities(first: Trace, second: Trace): readonly Unstable[] {
  const found: Unstable[] = [];
  const compare = (
    direction: Direction,
    a: ReadonlyMap<string, TensorSource>,
    b: ReadonlyMap<string, TensorSource>,
  ): void => {
    for (const tensor of new Set([...a.keys(), ...b.keys()])) {
      const detail = changed(a.get(tensor), b.get(tensor));
      if (detail !== null) found.push({ tensor, direction, detail });
    }
  };
  compare('forward', first.values, second.values);
  compare('backward', first.gradients, second.gradients);
  return found;
}

function changed(a: TensorSource | undefined, b: TensorSource | undefined): string | null {
  if (a === undefined || b === undefined) return 'it was recorded in one of two identical runs only';
  if (!sameShape(a.shape, b.shape)) return `its shape was [${a.shape.join(', ')}], then [${b.shape.join(', ')}]`;
  const different = countDifferent(a.read(), b.read());
  return different === 0 ? null : `${different} of its elements differ between two identical runs`;
}
