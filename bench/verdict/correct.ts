import { loadRuntime } from '../../adapters/onnxruntime/runtime.mjs';
import { createOracle, random32, toTensor } from '../../harness/oracle/index.ts';
import { fromNumbers, sourceOf, toNumbers } from '../../harness/tensor.ts';
import { LARGEST } from '../../harness/tolerances/calibrated.ts';
import type { Arithmetic } from '../../harness/types/oracle.ts';
import type { DataType } from '../../harness/types/tensor.ts';
import { withEngine } from '../sizes/engines.ts';
import { BACKENDS, byTensorFlow } from './by-tfjs.ts';
import type { Case } from './cases.ts';
import { byModelLayer } from './from-models.ts';
import { type Bench, openReference, replayed, type Run, sources } from './jury.ts';
import { ORDERS, type Order, Tape } from './tape.ts';

/** One correct implementation's run of a case, and the type in which it keeps its tensors. */
export interface Correct {
  readonly name: string;
  readonly stored: DataType;
  readonly run: Run;
}

/** All correct implementations of a case that differ honestly from the reference (ONNX Runtime, not optimised, one thread). */
export async function correctRuns(bench: Bench): Promise<readonly Correct[]> {
  const { one } = bench;
  const plain: Correct[] = [];
  const add = (name: string, run: Run, stored: DataType = 'float32') => plain.push({ name, stored, run });
  add('onnxruntime-web (wasm)', await withEngine('web', () => rerun(bench)));
  for (const backend of BACKENDS) {
    const run = await byTensorFlow(bench, backend);
    if (run !== null) add(`TensorFlow.js ${backend}`, run);
  }
  for (const [name, options] of SESSIONS) add(name, await optimised(bench, options));
  for (const [name, arithmetic] of ARITHMETICS) add(name, interpreted(bench, arithmetic()));
  const layer = byModelLayer(bench);
  if (layer !== null) add('models/layers', layer);
  if (one.written !== null) {
    for (const order of ORDERS) add(`hand-written, ${order}`, handWritten(bench, order, Math.fround, 'float32'));
    add(
      'hand-written in float64',
      handWritten(bench, 'sequential', (x) => x, 'float64'),
      'float64',
    );
    const blocked = handWritten(bench, 'blocked', Math.fround, 'float32');
    for (const type of ['float16', 'bfloat16'] as const)
      if (holds(type, bench, blocked)) add(`hand-written, stored as ${type}`, blocked, type);
  }
  return plain;
}

/** A type whose range the numbers leave gives other answers: storing them so is not correct. */
function holds(type: 'float16' | 'bfloat16', { one, cotangent }: Bench, { y, gradients }: Run): boolean {
  const all = [...one.feeds.values(), cotangent, y, ...gradients.values()];
  return all.every((t) => toNumbers(t).every((x) => Math.abs(x) <= (LARGEST[type] as number)));
}

const SESSIONS: readonly (readonly [string, object])[] = [
  ['ONNX Runtime, optimised', { graphOptimizationLevel: 'all' }],
  ['ONNX Runtime, 2 threads', { intraOpNumThreads: 2 }],
  ['ONNX Runtime, optimised, 4 threads', { graphOptimizationLevel: 'all', intraOpNumThreads: 4 }],
];

const ARITHMETICS: readonly (readonly [string, () => Arithmetic])[] = [
  ['textbook float32', () => ({ name: 'float32', round: Math.fround })],
  // Other seeds than those that the verdict itself samples.
  ['rounded at random, 101', () => random32(101)],
  ['rounded at random, 202', () => random32(202)],
];

interface Runtime {
  readonly InferenceSession: { create: (bytes: Uint8Array, options: object) => Promise<unknown> };
}

/** ONNX Runtime with other options of its sessions: the adapter pins them, so they are changed on their way to the runtime. */
async function optimised({ one, cotangent }: Bench, options: object): Promise<Run> {
  const { InferenceSession } = (await loadRuntime()) as unknown as Runtime;
  const create = InferenceSession.create;
  let changed = 0;
  InferenceSession.create = (bytes, pinned) => {
    changed++;
    return create.call(InferenceSession, bytes, { ...pinned, ...options });
  };
  try {
    const run = await rerun({ one, cotangent });
    if (changed === 0) throw new Error('no session was opened with the changed options');
    return run;
  } finally {
    InferenceSession.create = create;
  }
}

/** By the framework again, in whatever way its sessions are opened by then. */
async function rerun({ one, cotangent }: Pick<Bench, 'one' | 'cotangent'>): Promise<Run> {
  const reference = await openReference(one);
  try {
    return await replayed(one, reference, cotangent);
  } finally {
    await reference.release();
  }
}

/** The oracle's interpreter in float32. */
export function interpreted(bench: Pick<Bench, 'one' | 'cotangent'>, arithmetic: Arithmetic): Run {
  const { one, cotangent } = bench;
  const request = {
    inputs: sources(one.feeds),
    values: new Map(),
    gradients: new Map([['y', sourceOf(cotangent)]]),
    loss: null,
  };
  const oracle = createOracle(one.graph, request, arithmetic);
  return {
    y: toTensor(oracle.value('y').n32, 'float32'),
    gradients: new Map(one.wants.map((name) => [name, toTensor(oracle.gradient(name).n32, 'float32')])),
  };
}

function handWritten(
  { one, cotangent, reference }: Bench,
  order: Order,
  round: (x: number) => number,
  dtype: DataType,
): Run {
  const tape = new Tape({ order, round });
  const inputs = new Map(
    [...one.feeds].flatMap(([name, t]) =>
      t.dtype === 'int64' ? [] : [[name, tape.variable(t.shape, toNumbers(t))] as const],
    ),
  );
  const y = (one as Case & { written: NonNullable<Case['written']> }).written(tape, ...inputs.values());
  tape.backward(y, toNumbers(cotangent));
  const shape = reference.y.shape;
  return {
    y: fromNumbers(dtype, shape, y.data),
    gradients: new Map([...inputs].map(([name, v]) => [name, fromNumbers(dtype, v.shape, v.grad)])),
  };
}
