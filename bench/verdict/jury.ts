import { referenceOf } from '../../adapters/onnxruntime/index.ts';
import { aligned } from '../../harness/run/aligned.ts';
import { compareAll } from '../../harness/run/compare.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import { type CheckPlan, resolvePlan } from '../../harness/check.ts';
import type { Reference, Subject } from '../../harness/types/adapter.ts';
import type { TensorReport } from '../../harness/types/report.ts';
import type { DataType, Tensor, TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { type Case, cotangentOf } from './cases.ts';

/** What one implementation computed of a case: y, and the gradient of each wanted input. */
export interface Run {
  readonly y: Tensor;
  readonly gradients: ReadonlyMap<string, Tensor>;
}

/** A case on the bench: the framework's own run of it, and the real stages that judge any other. */
export interface Bench {
  readonly one: Case;
  readonly reference: Run;
  /** d loss / d y, the same for every implementation. */
  readonly cotangent: Tensor;
  /** Verdicts by stages 1 to 5 of `check`. `stored`: the type in which the subject recorded everything. */
  judge(run: Run, stored?: DataType): Promise<readonly TensorReport[]>;
  release(): Promise<void>;
}

/** Opens a case with ONNX Runtime as the reference. */
export async function openBench(one: Case): Promise<Bench> {
  const reference = await openReference(one);
  const shape = (await reference.describe(sources(one.feeds))).get('y')?.shape ?? [];
  const cotangent = cotangentOf(one, shape);
  return {
    one,
    cotangent,
    reference: await replayed(one, reference, cotangent),
    judge: async (run, stored = 'float32') => {
      const subject = recordedSubject(one, run, cotangent, stored);
      const found = await aligned(subject, reference, planFor(one));
      if (found.stop !== null) throw new Error(`${one.name}: ${found.stop}`);
      return (await compareAll(found, reference, planFor(one))).rows.filter(({ tensor, direction }) =>
        direction === 'forward' ? tensor === 'y' : tensor !== 'y',
      );
    },
    release: () => reference.release(),
  };
}

/** ONNX Runtime on the case, in whatever way its sessions are opened by then. */
export const openReference = (one: Case): Promise<Reference> =>
  referenceOf({ graph: one.graph, irVersion: 10, producer: 'bench' }, one.name, { place: 'here' });

/** What a framework computes of the case on its own values. */
export async function replayed(one: Case, reference: Reference, cotangent: Tensor): Promise<Run> {
  let y: Tensor | null = null;
  const gradients = new Map<string, Tensor>();
  const request = {
    inputs: sources(one.feeds),
    values: new Map(),
    gradients: new Map([['y', sourceOf(cotangent)]]),
    loss: null,
    wantValues: ['y'],
    wantGradients: one.wants,
  };
  for await (const { name, direction, tensor } of reference.replay(request)) {
    if (direction === 'forward') y = tensor;
    else gradients.set(name, tensor);
  }
  if (y === null) throw new Error(`${one.name}: the reference gave no y`);
  return { y, gradients };
}

export const sources = (tensors: ReadonlyMap<string, Tensor>): ReadonlyMap<string, TensorSource> =>
  new Map([...tensors].map(([name, tensor]) => [name, sourceOf(tensor)]));

function recordedSubject(one: Case, run: Run, cotangent: Tensor, stored: DataType): Subject {
  const put = (tensor: Tensor): TensorSource =>
    sourceOf(
      tensor.dtype === 'int64' || tensor.dtype === stored
        ? tensor
        : fromNumbers(stored, tensor.shape, toNumbers(tensor)),
    );
  const all = (tensors: ReadonlyMap<string, Tensor>) => new Map([...tensors].map(([name, t]) => [name, put(t)]));
  const trace: Trace = {
    values: all(new Map([...one.feeds, ['y', run.y]])),
    gradients: all(new Map([...run.gradients, ['y', cotangent]])),
    updates: new Map(),
    states: new Map(),
    metadata: { producer: null, order: null, iteration: 0, axes: new Map(), groups: new Map() },
  };
  return {
    name: one.name,
    kind: 'trace',
    producer: null,
    runs: false,
    run: async () => ({ trace, observations: [] }),
    release: async () => {},
  };
}

const planFor = (one: Case): CheckPlan =>
  resolvePlan({ inputs: sources(one.feeds), seeds: ['y'], twice: false, rules: [] });
