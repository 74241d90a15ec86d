import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { float32, int64, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { Shape, TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { type Bench, benchOf, random } from './bench.ts';

const [B, I, H, C] = [5, 7, 11, 3] as const;

/** Two linear layers, ReLU, cross-entropy: weights and biases to be trained. The second unit's weights are such that its gradients are tiny. */
export function network(): Graph {
  const b = new GraphBuilder('mlp', 17);
  const [x, target] = [b.input('x', 'float32', [B, I]), b.input('target', 'int64', [B])];
  const [w1, b1] = [b.initializer('w1', random([H, I], 2)), b.initializer('b1', random([H], 3))];
  const quiet = float32(
    [C, H],
    [...toNumbers(random([C, H], 4))].map((w, i) => (i % H === 1 ? w * 3e-7 : w)),
  );
  const [w2, b2] = [b.initializer('w2', quiet), b.initializer('b2', random([C], 5))];
  const transB = { transB: { kind: 'int', value: 1 } } as const;
  const h = b.node('Gemm', [x, w1, b1], transB, { name: 'fc1', outputNames: ['h'] });
  const a = b.node('Relu', [h], {}, { name: 'relu', outputNames: ['a'] });
  const y = b.node('Gemm', [a, w2, b2], transB, { name: 'fc2', outputNames: ['y'] });
  b.output(b.node('SoftmaxCrossEntropyLoss', [y, target], {}, { name: 'loss', outputNames: ['loss'] }), 'float32', []);
  return b.graph();
}

export const trained = (): Promise<Bench> =>
  benchOf(network(), { x: random([B, I], 1), target: int64([B], [0, 2, 1, 1, 2]) });

/** What an optimiser under test is told for one element: parameter, gradient, and its state before. It returns the new parameter and state. */
export interface Element {
  readonly w: number;
  readonly g: number;
  readonly m: number;
  readonly v: number;
  /** 1 at the first step. */
  readonly t: number;
  readonly parameter: string;
}

export type Step = (element: Element) => { readonly w: number; readonly m?: number; readonly v?: number };

export const NAMES = ['w1', 'b1', 'w2', 'b2'] as const;

export interface Recording {
  readonly iteration: number;
  /** Names of the states that `m` and `v` are recorded as; '' for one that is not. */
  readonly slots: readonly [string, string];
  readonly states?: 'before' | 'after' | 'none';
  readonly optimizer?: object | string;
}

/** The bench's trace with a step of training in float32: parameters before it, updates, and states. States before the step are drawn where it is not the first. */
export function withStep(bench: Bench, step: Step, recording: Recording): Trace {
  const { iteration, slots, optimizer } = recording;
  const { graph } = bench.reference;
  const [values, updates, states] = [
    new Map(bench.trace.values),
    new Map<string, TensorSource>(),
    new Map<string, TensorSource>(),
  ];
  NAMES.forEach((name, n) => {
    const source = graph.initializers.get(name) as TensorSource;
    const { shape } = source;
    const [w, g] = [source, bench.trace.gradients.get(name) as TensorSource].map((s) => toNumbers(s.read())) as [
      Float64Array,
      Float64Array,
    ];
    const first =
      iteration === 0 ? w.map(() => 0) : drawn(shape, 40 + n).map((x, i) => Math.fround(0.1 * x * Math.abs(g[i]!)));
    const second =
      iteration === 0 ? w.map(() => 0) : drawn(shape, 60 + n).map((x, i) => Math.fround(1e-3 * (x * g[i]!) ** 2));
    const made = [...w].map((each, i) => {
      const element = { w: each, g: g[i]!, m: first[i]!, v: second[i]!, t: iteration + 1, parameter: name };
      return { m: first[i]!, v: second[i]!, ...step(element) };
    });
    values.set(name, source);
    updates.set(
      name,
      sourceOf(
        float32(
          shape,
          made.map((each, i) => Math.fround(each.w) - w[i]!),
        ),
      ),
    );
    const kept = recording.states ?? 'before';
    if (kept === 'none') return;
    const after = kept === 'after';
    if (slots[0] !== '')
      states.set(`${name}/${slots[0]}`, sourceOf(float32(shape, after ? made.map(({ m }) => m) : first)));
    if (slots[1] !== '')
      states.set(`${name}/${slots[1]}`, sourceOf(float32(shape, after ? made.map(({ v }) => v) : second)));
  });
  const metadata = {
    ...bench.trace.metadata,
    iteration,
    ...(optimizer === undefined ? {} : { optimizer: optimizer as string }),
  };
  return { ...bench.trace, values, updates, states, metadata };
}

const drawn = (shape: Shape, seed: number): Float64Array => toNumbers(random(shape, seed));
