import { type Network, networkSubject } from '../../../adapters/network/index.ts';
import { float32, int64, sourceOf, toNumbers } from '../../../harness/tensor.ts';
import type { SubjectRun } from '../../../harness/types/adapter.ts';
import type { Tensor, TensorSource } from '../../../harness/types/tensor.ts';

/** What every network of these tests is fed: x [2, 3], target [2], and parameters w [3, 3], b [3]. */
export const INPUTS: Readonly<Record<string, Tensor>> = {
  x: float32([2, 3], [1, -2, 3, -4, 5, -6]),
  target: int64([2], [2, 0]),
};
export const PARAMETERS: Readonly<Record<string, Tensor>> = {
  w: float32([3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9]),
  b: float32([3], [0.5, -0.5, 0.25]),
};

const sources = (tensors: Readonly<Record<string, Tensor>>): ReadonlyMap<string, TensorSource> =>
  new Map(Object.entries(tensors).map(([name, tensor]) => [name, sourceOf(tensor)]));

/** Runs a network; inputs and parameters may be others. */
export function run(
  network: Network,
  { inputs = INPUTS, parameters = PARAMETERS }: { inputs?: typeof INPUTS; parameters?: typeof PARAMETERS } = {},
): Promise<SubjectRun> {
  return networkSubject(network, 'test').run({ inputs: sources(inputs), parameters: sources(parameters) });
}

/** Shape and numbers of a recorded value, or undefined where there is none. */
export const valueOf = (result: SubjectRun, name: string) => described(result.trace.values.get(name));

/** Shape and numbers of a recorded gradient, or undefined where there is none. */
export const gradientOf = (result: SubjectRun, name: string) => described(result.trace.gradients.get(name));

function described(source: TensorSource | undefined): readonly [readonly number[], readonly number[]] | undefined {
  return source && [source.shape, [...toNumbers(source.read())]];
}
