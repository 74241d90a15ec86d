import { sourceOf } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { readBack } from './parameters.ts';
import { copyOf } from './tensors.ts';
import type { Network } from './types.ts';

/** Copies of the parameters that the network holds now, by the reference's names; null where it holds none of its own. */
export async function ownParameters(network: Network): Promise<ReadonlyMap<string, TensorSource> | null> {
  const kept = await readBack(network, `network "${network.name}"`);
  if (kept === null) return null;
  const { names = {} } = network;
  return new Map(
    Object.entries(kept).map(([name, { data, shape }]) => [names[name] ?? name, sourceOf(copyOf(data, shape))]),
  );
}
