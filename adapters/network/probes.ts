import { sizeOf } from '../../harness/shape.ts';
import { sourceOf } from '../../harness/tensor.ts';
import { broken, guarded, named } from './errors.ts';
import { adoptParameter, observeUse, proveUnchanged, type Recording, recordValue } from './recording.ts';
import { copyOf, isNumbers, sameNumbers, shapedFrom } from './tensors.ts';
import type { Computed, Network, NetworkTensor, Numbers, Probe } from './types.ts';

/** Runs a network that is not taken apart; the probe records what it is told. Throws E_SUBJECT. */
export async function runProbed(
  recording: Recording,
  network: Network,
  inputs: readonly string[],
  parameters: ReadonlyMap<string, NetworkTensor>,
): Promise<void> {
  const place = `network "${network.name}"`;
  const given = new Map(inputs.map((name) => [name, recording.live.get(name)?.tensor as NetworkTensor]));
  const probe = probeFor(recording, place);
  await guarded(`${place}, run`, () =>
    network.run?.({
      inputs: named(given, place, 'input'),
      parameters: named(parameters, place, 'parameter', (name) => adoptParameter(recording, name, place)),
      probe,
    }),
  );
  if (recording.order.length <= inputs.length) {
    throw broken(`${place}, run`, 'recorded no tensor', "Call probe('name', data, shape) for each layer's output.");
  }
  // Parameters are left out: a whole iteration may end with the optimiser's step.
  proveUnchanged(recording, { name: 'run', outputs: [] }, 'in its run', inputs);
}

function probeFor(recording: Recording, place: string): Probe {
  const probe = (name: string, data: ArrayLike<number> | number, shape?: readonly number[]) => {
    const at = `${place}, probe("${name}")`;
    proveNew(recording.values.has(name), at);
    const value = (shape === undefined || typeof data === 'number' ? data : { data, shape }) as Computed;
    const tensor = shapedFrom(value, firstInput(recording), at);
    // A copy becomes the live array: a buffer that is used again is no change in place.
    recordValue(recording, name, { data: copyOf(tensor.data, tensor.shape).data as Numbers, shape: tensor.shape });
    recording.order.push(name);
  };
  const gradient = (name: string, data: ArrayLike<number> | number) =>
    recordGradient(recording, name, typeof data === 'number' ? [data] : data, `${place}, probe.gradient("${name}")`);
  const use = (layer: string, tensor: string, data: ArrayLike<number>) =>
    recordUse(recording, layer, tensor, data, `${place}, probe.use("${layer}", "${tensor}")`);
  return Object.assign(probe, { gradient, use });
}

/** Bare numbers take their batch size from the network's first input. */
function firstInput(recording: Recording): NetworkTensor | null {
  return recording.live.get(recording.order[0] ?? '')?.tensor ?? null;
}

function recordGradient(recording: Recording, name: string, data: ArrayLike<number>, place: string): void {
  if (!recording.values.has(name)) adoptParameter(recording, name, place);
  const value = recording.values.get(name);
  if (value === undefined) {
    throw broken(
      place,
      'no value of that name was recorded',
      `Call probe("${name}", data, shape) in the forward pass.`,
    );
  }
  proveNew(recording.gradients.has(name), place);
  if (!isNumbers(data) || data.length !== sizeOf(value.shape)) {
    const wanted = `[${value.shape.join(', ')}], ${sizeOf(value.shape)} elements`;
    const reason = `was given ${isNumbers(data) ? `${data.length} elements` : 'no numbers'}; the value is ${wanted}`;
    throw broken(place, reason, 'Give the gradient of the whole tensor.');
  }
  recording.gradients.set(name, sourceOf(copyOf(data, value.shape)));
}

function recordUse(recording: Recording, layer: string, tensor: string, data: ArrayLike<number>, place: string): void {
  const recorded = recording.live.get(tensor);
  if (recorded === undefined)
    throw broken(place, `no value "${tensor}" was recorded before`, 'Probe it where it is made.');
  if (!isNumbers(data)) throw broken(place, 'was given no numbers', 'Give the array that the layer reads.');
  if (!sameNumbers(recorded.seen, data))
    observeUse(recording, { name: layer, outputs: [] }, 'when it ran', tensor, data);
}

function proveNew(exists: boolean, place: string): void {
  if (exists) {
    const remedy = 'Give each tensor a name of its own; sum a gradient over its uses before recording it.';
    throw broken(place, 'was recorded before in this run', remedy);
  }
}
