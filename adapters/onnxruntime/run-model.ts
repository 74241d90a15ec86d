import type { Tensor } from '../../harness/types/tensor.ts';
import { engineHere } from './session.ts';

/**
 * Runs a model once, on this thread, in a pinned session that is released again.
 *
 * @param feeds every input of the model by name; throws E_INPUT where one is missing, unknown, or of another shape or type
 * @param fetches outputs of the model
 */
export async function runModel(
  bytes: Uint8Array,
  feeds: ReadonlyMap<string, Tensor>,
  fetches: readonly string[],
): Promise<ReadonlyMap<string, Tensor>> {
  const engine = await engineHere();
  // Some kernels write to what they are fed (see in-place.ts).
  const copies = new Map([...feeds].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
  const session = await engine.open(bytes, copies, 'model');
  try {
    return await session.fetch(fetches);
  } finally {
    await session.release();
  }
}
