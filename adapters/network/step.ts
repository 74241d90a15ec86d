import { sourceOf } from '../../harness/tensor.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { guarded, named } from './errors.ts';
import type { Loaded } from './parameters.ts';
import type { Recording } from './recording.ts';
import type { Network, Numbers } from './types.ts';

/**
 * Has the network's optimiser take its step and records what it did: each parameter after it minus before. Values were copied before, so
 * that what was recorded of the parameters stays. Throws E_SUBJECT where the step throws.
 */
export async function runStep(
  network: Network,
  { parameters }: Loaded,
  { gradients }: Recording,
): Promise<ReadonlyMap<string, TensorSource>> {
  const updates = new Map<string, TensorSource>();
  if (network.step === undefined) return updates;
  const place = `network "${network.name}", step`;
  const step = network.step.bind(network);
  const before = new Map([...parameters].map(([name, { data }]) => [name, data.slice()]));
  const given = new Map(
    [...gradients].flatMap(([name, source]) =>
      parameters.has(name) ? [[name, Float32Array.from(source.read().data as Numbers)] as const] : [],
    ),
  );
  await guarded(place, () =>
    step({ parameters: named(parameters, place, 'parameter'), gradients: named(given, place, 'gradient') }),
  );
  for (const [name, { data, shape }] of parameters) {
    if (!gradients.has(name)) continue;
    const old = before.get(name) as Numbers;
    const update = Float64Array.from(data, (x, i) => x - (old[i] as number));
    updates.set(name, sourceOf({ dtype: 'float64', shape, data: update }));
  }
  return updates;
}
