import { beforeAll, describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../adapters/onnx/index.ts';
import { float, int } from '../../adapters/onnx/rule.ts';
import { float32, sourceOf, toNumbers } from '../../harness/tensor.ts';
import type { Graph } from '../../harness/types/graph.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import type { Trace } from '../../harness/types/trace.ts';
import { type Bench, benchOf, checked, faults, random } from '../support/bench.ts';

const [B, C, N] = [5, 3, 7] as const;

/** Batch normalisation in training: it hands on its statistics. */
function norm(): Graph {
  const b = new GraphBuilder('norm', 17);
  const x = b.input('x', 'float32', [B, C, N]);
  const positive = float32([C], [0.4, 1.3, 2.2]);
  const parameters = [
    b.initializer('bn.weight', random([C], 2)),
    b.initializer('bn.bias', random([C], 3)),
    b.initializer('bn.running_mean', random([C], 4)),
    b.initializer('bn.running_var', positive),
  ];
  const attributes = { training_mode: int(1), momentum: float(0.9) };
  const names = { name: 'bn', outputs: 3, outputNames: ['y', 'next_mean', 'next_var'] };
  for (const name of b.node('BatchNormalization', [x, ...parameters], attributes, names) as unknown as string[])
    b.output(name);
  return b.graph();
}

let bench: Bench;
beforeAll(async () => {
  bench = await benchOf(norm(), { x: random([B, C, N], 1, 0.7) });
});

/** The batch's mean and variance (over n or n − 1) of each channel, by hand. */
function batch(unbiased: boolean): { readonly mean: number[]; readonly variance: number[] } {
  const x = toNumbers((bench.inputs.get('x') as TensorSource).read());
  const of = (c: number): number[] => [...x].filter((_, i) => Math.floor(i / N) % C === c);
  const mean = [0, 1, 2].map((c) => of(c).reduce((a, b) => a + b, 0) / (B * N));
  const variance = [0, 1, 2].map(
    (c) => of(c).reduce((a, b) => a + (b - mean[c]!) ** 2, 0) / (B * N - (unbiased ? 1 : 0)),
  );
  return { mean, variance };
}

const old = (name: string): Float64Array =>
  toNumbers((bench.reference.graph.initializers.get(name) as TensorSource).read());

/** The trace without the node's own statistics, which are recorded as state instead. */
function withState(
  states: Readonly<Record<string, number[]>>,
  updates: Readonly<Record<string, number[]>> = {},
): Trace {
  const values = new Map([...bench.trace.values].filter(([name]) => !name.startsWith('next_')));
  const sources = (all: Readonly<Record<string, number[]>>) =>
    new Map(Object.entries(all).map(([name, data]) => [name, sourceOf(float32([C], data))] as const));
  return { ...bench.trace, values, states: sources(states), updates: sources(updates) };
}

const blend = (before: Float64Array, batch: number[], kept: number) =>
  batch.map((x, c) => kept * before[c]! + (1 - kept) * x);

describe('running statistics recorded as state', () => {
  it('match where they are right', async () => {
    const { mean, variance } = batch(false);
    const states = {
      'bn/running_mean': blend(old('bn.running_mean'), mean, 0.9),
      'bn/running_var': blend(old('bn.running_var'), variance, 0.9),
    };
    const report = await checked(bench, withState(states));
    expect(faults(report)).toEqual([]);
    expect(report.tensors.find(({ tensor }) => tensor === 'next_var')?.verdict).toBe('match');
  });
  it('are named norm.momentum with the momentum the other way round, or the other variance', async () => {
    const { mean, variance } = batch(true);
    const states = {
      'bn/running_mean': blend(old('bn.running_mean'), mean, 0.1),
      'bn/running_var': blend(old('bn.running_var'), variance, 0.9),
    };
    const report = await checked(bench, withState(states));
    expect(report.forward.faulty.map(({ tensor, cause }) => `${tensor} ${cause?.id}`)).toEqual([
      'next_mean norm.momentum',
      'next_var norm.momentum',
    ]);
    expect(report.forward.faulty[0]?.cause?.claim).toContain('keeps 0.1 of the old');
    expect(report.forward.faulty[1]?.cause?.claim).toContain('n − 1');
  });
  it('are judged as well where what was recorded is the update of the parameter', async () => {
    const { mean } = batch(false);
    const before = old('bn.running_mean');
    const updates = { 'bn.running_mean': blend(before, mean, 0.1).map((x, c) => x - before[c]!) };
    const report = await checked(bench, withState({}, updates));
    expect(report.forward.faulty.map(({ tensor, cause }) => `${tensor} ${cause?.id}`)).toEqual([
      'next_mean norm.momentum',
    ]);
    expect(report.updates).toBeUndefined();
  });
});
