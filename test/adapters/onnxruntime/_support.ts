import { fileURLToPath } from 'node:url';
import { GraphBuilder, type Model } from '../../../adapters/onnx/index.ts';
import { fromNumbers } from '../../../harness/tensor.ts';
import type { Reference, ReplayRequest } from '../../../harness/types/adapter.ts';
import type { DataType, Shape, Tensor } from '../../../harness/types/tensor.ts';

export const goldens = fileURLToPath(new URL('../../data/goldens/', import.meta.url));

export const NOTHING: ReplayRequest = {
  inputs: new Map(),
  values: new Map(),
  gradients: new Map(),
  loss: null,
  wantValues: [],
  wantGradients: [],
};

/** Every answer, by `direction name`. */
export async function answersOf(reference: Reference, request: Partial<ReplayRequest>): Promise<Map<string, Tensor>> {
  const answers = new Map<string, Tensor>();
  for await (const { name, direction, tensor } of reference.replay({ ...NOTHING, ...request })) {
    answers.set(`${direction} ${name}`, tensor);
  }
  return answers;
}

/** Numbers in [−1, 1) from a fixed linear congruence: the same on every machine. */
export function numbersFrom(seed: number, count: number): number[] {
  let state = seed;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** A random tensor of the type; for integers in [0, 8). */
export function tensorFrom(seed: number, dtype: DataType, shape: Shape): Tensor {
  const numbers = numbersFrom(
    seed,
    shape.reduce((a, b) => a * b, 1),
  );
  const integer = !dtype.startsWith('float') && dtype !== 'bfloat16';
  return fromNumbers(dtype, shape, integer ? numbers.map((x) => Math.floor((x + 1) * 4)) : numbers);
}

/** A model from a builder. */
export const modelOf = (builder: GraphBuilder): Model => ({ graph: builder.graph(), irVersion: 10, producer: 'test' });

/** What a promise is rejected with. Fails where it is not. */
export async function errorOf(promise: Promise<unknown>): Promise<{ code: string; message: string; stack?: string }> {
  try {
    await promise;
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('was not rejected');
}
