import type { ProbeRequest } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { runForward } from './forward.ts';
import { loadParameters } from './parameters.ts';
import { recordValue, startRecording } from './recording.ts';
import { planLayers } from './structure.ts';
import { handOver } from './tensors.ts';
import type { Network } from './types.ts';

/**
 * Runs one layer by itself on other inputs; names are the network's own. Null where no layer writes the tensor from these inputs, where its
 * layout is not the reference's, or where the layer refuses them.
 */
export async function probeLayer(
  network: Network,
  { tensor, inputs, parameters }: ProbeRequest,
  names: readonly string[],
): Promise<TensorSource | null> {
  const known = [tensor, ...inputs.keys()];
  if (network.layers === undefined || known.some((name) => network.axes?.[name] !== undefined)) return null;
  const plan = planLayers(network, names).find(({ outputs }) => outputs.includes(tensor));
  if (plan === undefined || !plan.inputs.every((name) => inputs.has(name))) return null;
  const loaded = await loadParameters(network, parameters);
  const recording = startRecording(loaded.held);
  for (const name of plan.inputs) recordValue(recording, name, handOver((inputs.get(name) as TensorSource).read()));
  try {
    await runForward(recording, plan, loaded.parameters);
  } catch {
    return null; // a layer may refuse what it never meets
  }
  return recording.values.get(tensor) ?? null;
}
