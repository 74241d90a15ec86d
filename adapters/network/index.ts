import { LayerdiffError } from '../../harness/errors.ts';
import type { Subject, SubjectRequest, SubjectRun } from '../../harness/types/adapter.ts';
import type { TensorSource } from '../../harness/types/tensor.ts';
import { runBackward } from './backward.ts';
import { listed } from './errors.ts';
import { type Executed, runForward } from './forward.ts';
import { type Loaded, loadParameters } from './parameters.ts';
import { probeLayer } from './probe-layer.ts';
import { runProbed } from './probes.ts';
import { adoptParameter, metadataOf, type Recording, recordValue, startRecording } from './recording.ts';
import { isNetwork, planLayers, proveNetwork } from './structure.ts';
import { runStep } from './step.ts';
import { handOver } from './tensors.ts';
import { twin } from './twin.ts';
import type { Network, Numbers } from './types.ts';

export type * from './types.ts';
export { isNetwork };

/**
 * A hand-written network as a subject. Each run loads the reference's parameters anew, proves that they arrived, and records
 * every value and every total gradient under the network's own names; `map` leads from these to the reference's.
 *
 * Throws E_SUBJECT where `network` is none.
 */
export function networkSubject(network: Network, name: string): Subject {
  proveNetwork(network);
  // The names of its inputs are those of the reference where it has none of its own.
  let given = network.inputs ?? [];
  return {
    name,
    kind: 'network',
    producer: network.name,
    runs: true,
    ...(network.optimizer === undefined ? {} : { optimizer: network.optimizer }),
    ...(network.names ? { map: new Map(Object.entries(network.names)) } : {}),
    run: (request) => {
      given = network.inputs ?? [...ownNames(network, request.inputs).keys()];
      return runNetwork(network, request);
    },
    ...(network.layers ? { describe: (inputs, options) => twin(network, inputs, options) } : {}),
    ...(network.layers
      ? {
          probe: (request) =>
            probeLayer(network, { ...request, parameters: ownNames(network, request.parameters) }, given),
        }
      : {}),
    release: () => Promise.resolve(),
  };
}

async function runNetwork(network: Network, request: SubjectRequest): Promise<SubjectRun> {
  const place = `network "${network.name}"`;
  const loaded = await loadParameters(network, ownNames(network, request.parameters));
  const recording = startRecording(loaded.held);
  const inputs = takeInputs(recording, network, ownNames(network, request.inputs));
  // A network that says which parameters it has is held to all of them; otherwise it has those that it is seen to use.
  if (loaded.owned) for (const name of loaded.held.keys()) adoptParameter(recording, name, place);
  const groups = new Map<string, readonly string[]>();
  if (network.layers) await runLayers(recording, network, inputs, loaded, groups);
  else await runProbed(recording, network, inputs, loaded.parameters);
  if (!loaded.proven) for (const name of recording.adopted) recording.values.delete(name);
  const { values, gradients, observations } = recording;
  const updates = await runStep(network, loaded, recording);
  const metadata = metadataOf(recording, network.name, network.axes ?? {}, groups);
  return { trace: { values, gradients, updates, states: new Map(), metadata }, observations };
}

/** Walks the layers there and back. */
async function runLayers(
  recording: Recording,
  network: Network,
  inputs: readonly string[],
  { parameters }: Loaded,
  groups: Map<string, readonly string[]>,
): Promise<void> {
  const executed: Executed[] = [];
  for (const plan of planLayers(network, inputs)) {
    const step = await runForward(recording, plan, parameters);
    executed.push(step);
    groups.set(plan.name, [...plan.outputs, ...step.parameters]);
  }
  if (executed.some((step) => step.plan.layer.backward)) {
    await runBackward(recording, executed, seedsOf(recording, network, executed));
  }
}

/** The reference's tensors under the network's names. */
function ownNames(network: Network, theirs: ReadonlyMap<string, TensorSource>): ReadonlyMap<string, TensorSource> {
  const mine = new Map(Object.entries(network.names ?? {}).map(([own, their]) => [their, own]));
  return new Map([...theirs].map(([name, source]) => [mine.get(name) ?? name, source]));
}

function takeInputs(recording: Recording, network: Network, offered: ReadonlyMap<string, TensorSource>): string[] {
  const names = [...(network.inputs ?? offered.keys())];
  for (const name of names) {
    const source = offered.get(name);
    if (source === undefined) {
      const remedy = `The reference's inputs are ${listed(offered.keys())}: map it with names: { '${name}': '...' }.`;
      throw new LayerdiffError('E_INPUT', `network "${network.name}"`, `has an input "${name}"`, remedy);
    }
    recordValue(recording, name, handOver(source.read()), source);
    recording.order.push(name);
  }
  return names;
}

/** What the backward pass begins with: 1 for the loss, or the network's own seeds. Throws E_LOSS where there is no scalar. */
function seedsOf(recording: Recording, network: Network, executed: readonly Executed[]): ReadonlyMap<string, Numbers> {
  const place = `network "${network.name}"`;
  const loss = network.loss ?? (executed[executed.length - 1]?.plan.outputs[0] as string);
  const seeds = network.seeds ? new Map(Object.entries(network.seeds)) : new Map([[loss, Float32Array.of(1)]]);
  for (const [name, data] of seeds) {
    const tensor = recording.live.get(name)?.tensor;
    if (tensor === undefined) {
      const remedy = `Tensors are ${listed(recording.order)}.`;
      throw new LayerdiffError('E_LOSS', place, `names the loss or seed "${name}", which no layer writes`, remedy);
    }
    if (network.seeds || tensor.data.length === data.length) continue;
    const reason = `cannot differentiate "${name}" of shape [${tensor.shape.join(', ')}], which is no scalar`;
    throw new LayerdiffError('E_LOSS', place, reason, 'Name the scalar with "loss", or give "seeds".');
  }
  return seeds;
}
