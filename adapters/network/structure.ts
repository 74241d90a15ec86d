import { broken, listed } from './errors.ts';
import type { Layer, Network } from './types.ts';

/** A layer whose defaults have been filled in. */
export interface PlannedLayer {
  readonly layer: Layer;
  readonly name: string;
  readonly place: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** Proves that a value, from a module perhaps written in JavaScript, is a network. Throws E_SUBJECT saying what it lacks. */
export function proveNetwork(value: unknown): asserts value is Network {
  const network = value as Partial<Network> | null;
  if (typeof network !== 'object' || network === null || typeof network.name !== 'string') {
    throw broken('network', 'is no object with a name', 'Export { name, layers } or { name, run }.');
  }
  const place = `network "${network.name}"`;
  const forms = Number(Array.isArray(network.layers)) + Number(typeof network.run === 'function');
  if (forms !== 1) {
    throw broken(place, `has ${forms === 0 ? 'neither' : 'both'} "layers" and "run"`, 'Give the one or the other.');
  }
  if (network.layers?.length === 0) throw broken(place, 'has no layers', 'Give at least one.');
  for (const [i, layer] of (network.layers ?? []).entries()) {
    const at = `${place}, layer ${typeof layer?.name === 'string' ? `"${layer.name}"` : i}`;
    if (typeof layer?.name !== 'string') throw broken(at, 'has no name', 'Give each layer a name.');
    if (typeof layer.forward !== 'function') throw broken(at, 'has no forward', 'Give it a function forward(context).');
  }
}

/** True for what {@link proveNetwork} accepts. */
export function isNetwork(value: unknown): value is Network {
  try {
    proveNetwork(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * Fills in what the layers leave unsaid, and proves that each reads only what is there before it and writes what nobody
 * else does. Throws E_SUBJECT naming the layer.
 */
export function planLayers(network: Network, inputs: readonly string[]): readonly PlannedLayer[] {
  const available = new Set(inputs);
  const layers = new Set<string>();
  let previous = inputs[0];
  return (network.layers ?? []).map((layer) => {
    const place = `network "${network.name}", layer "${layer.name}"`;
    if (layers.has(layer.name)) throw broken(place, 'is there twice', 'Give each layer a name of its own.');
    layers.add(layer.name);
    const reads = layer.inputs ?? (previous === undefined ? [] : [previous]);
    const outputs = layer.outputs ?? [layer.name];
    for (const name of reads) {
      if (available.has(name)) continue;
      const remedy = `Tensors there at this point: ${listed(available)}. Layers are in order of execution.`;
      throw broken(place, `reads "${name}", which no layer before it writes`, remedy);
    }
    if (outputs.length === 0)
      throw broken(place, 'writes no tensor', 'Name at least one output, or leave "outputs" out.');
    for (const name of outputs) {
      if (available.has(name)) throw broken(place, `writes "${name}" again`, 'Give each tensor a name of its own.');
      available.add(name);
    }
    previous = outputs[0];
    return { layer, name: layer.name, place, inputs: reads, outputs };
  });
}
