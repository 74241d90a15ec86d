import type { BackwardContext, ForwardContext, Layer, Network } from '../../adapters/network/index.ts';
import type { twins } from '../twins/index.ts';

/** A network with one bug. */
export interface Mutant {
  /** The file's name. */
  readonly id: string;
  /** The cause by its id, as a diagnosis should name it. */
  readonly cause: string;
  /** The twin that it is a mutant of. */
  readonly net: keyof typeof twins;
  /** The tensor that is wrong, by the reference's name: a layer's output (forward), or the input or parameter whose gradient is wrong (backward). */
  readonly tensor: string;
  readonly direction: 'forward' | 'backward';
  make(): Network;
}

/** The network with one layer changed; `change` is given the right one. */
export function withLayer(network: Network, name: string, change: (right: Layer) => Partial<Layer>): Network {
  if (!network.layers?.some((layer) => layer.name === name)) throw new Error(`${network.name} has no layer "${name}"`);
  const layers = network.layers.map((layer) => (layer.name === name ? { ...layer, ...change(layer) } : layer));
  return { ...network, layers };
}

/** A context whose parameter `name` reads as other numbers. */
export function withParameter<C extends { readonly parameters: Network['parameters'] & {} }>(
  context: C,
  name: string,
  data: Float32Array,
): C {
  const { shape } = context.parameters[name]!;
  // All others are still asked of the context: copying them would count as reading them.
  const parameters = Object.create(context.parameters, { [name]: { value: { data, shape } } }) as C['parameters'];
  return { ...context, parameters };
}

/** The network with one layer's output spoilt after it was computed rightly: its backward pass, and what it saved, stay right. */
export function withOutput(
  network: Network,
  name: string,
  spoil: (out: Float32Array, context: ForwardContext) => void,
): Network {
  return withLayer(network, name, (right) => ({
    async forward(context) {
      const { data, shape } = (await right.forward(context)) as { data: Float32Array; shape: readonly number[] };
      spoil(data, context);
      return { data, shape };
    },
  }));
}

/** The network with one parameter's gradient replaced; all others stay right. */
export function withGradient(
  network: Network,
  name: string,
  parameter: string,
  spoil: (right: Float32Array, context: BackwardContext) => Float32Array,
): Network {
  return withLayer(network, name, (layer) => ({
    async backward(context) {
      const right = (await layer.backward?.(context)) as { parameters: Record<string, Float32Array> };
      const spoilt = spoil(right.parameters[parameter]!, context);
      return { ...right, parameters: { ...right.parameters, [parameter]: spoilt } };
    },
  }));
}
