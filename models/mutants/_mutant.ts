import type { BackwardContext, ForwardContext, Layer, Network, NetworkTensor } from '../../adapters/network/index.ts';
import { twins } from '../twins/index.ts';

/** The networks that there are mutants of. */
export type Net = keyof typeof twins;

/** A network with one bug. */
export interface Mutant {
  /** The file's name; one bug may be in several networks. */
  readonly id: string;
  /** The cause by its id, as a diagnosis should name it. */
  readonly cause: string;
  /** The twin that it is a mutant of. */
  readonly net: Net;
  /** The tensor that is wrong, by the reference's name: a layer's output (forward), or the input or parameter whose gradient is wrong (backward). */
  readonly tensor: string;
  readonly direction: 'forward' | 'backward';
  make(): Network;
  /** Where the bug is, and how to put it there, or into another layer of the kind: for several bugs in one network. Left out where the network cannot be taken apart. */
  readonly layer?: string;
  put?(network: Network, layer: string): Network;
}

/** What of a layer is wrong: its output, or the gradient of one of its inputs or parameters. */
export type Wrong = 'output' | 'input' | 'second input' | 'weight' | 'bias';

/** The same bug in one layer of each of these networks. */
export function inLayers(
  { wrong, ...bug }: { readonly id: string; readonly cause: string; readonly wrong: Wrong },
  layers: Partial<Record<Net, string>>,
  change: (network: Network, layer: string) => Network,
): readonly Mutant[] {
  return Object.entries(layers).map(([name, layer]) => {
    const net = name as Net;
    const network = twins[net].make();
    const mine = tensorOf(network, layer, wrong);
    return {
      ...bug,
      net,
      tensor: network.names?.[mine] ?? mine,
      direction: wrong === 'output' ? 'forward' : 'backward',
      make: () => change(twins[net].make(), layer),
      layer,
      put: change,
    };
  });
}

/** The network's own name for what is wrong at a layer. */
function tensorOf(network: Network, name: string, wrong: Wrong): string {
  if (wrong === 'output') return name;
  if (wrong === 'weight' || wrong === 'bias') return `${name}.${wrong}`;
  const layers = network.layers ?? [];
  const at = layers.findIndex((layer) => layer.name === name);
  const before = layers[at - 1]?.name ?? network.inputs?.[0];
  return layers[at]?.inputs?.[wrong === 'input' ? 0 : 1] ?? (before as string);
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

/** The network with one layer that reads its weight (or bias) otherwise on the way there; its way back stays right. */
export function withMisread(
  network: Network,
  name: string,
  which: 'weight' | 'bias',
  read: (right: NetworkTensor) => Float32Array,
): Network {
  return withLayer(network, name, (right) => ({
    forward(context) {
      const parameter = `${name}.${which}`;
      return right.forward(withParameter(context, parameter, read(context.parameters[parameter]!)));
    },
  }));
}

/** The network with one layer that reads another input than it is given on the way there. */
export function withInput(network: Network, name: string, read: (right: NetworkTensor) => NetworkTensor): Network {
  return withLayer(network, name, (right) => ({
    forward: (context) => right.forward({ ...context, input: read(context.input) }),
  }));
}

/** The network with one layer's output (the first of several) spoilt after it was computed rightly: its backward pass, and what it saved, stay right. */
export function withOutput(
  network: Network,
  name: string,
  spoil: (out: Float32Array, context: ForwardContext, shape: readonly number[]) => void,
): Network {
  return withLayer(network, name, (right) => ({
    async forward(context) {
      const computed = (await right.forward(context)) as NetworkTensor | Record<string, NetworkTensor>;
      // A layer that writes several says which is which.
      const { data, shape } = ('data' in computed ? computed : computed[name]) as NetworkTensor;
      spoil(data, context, shape);
      return computed;
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

/** The network with the gradient of one layer's input replaced (of its second, where `which` is 1); all others stay right. */
export function withInputGradient(
  network: Network,
  name: string,
  spoil: (right: Float32Array, context: BackwardContext) => Float32Array,
  which = 0,
): Network {
  return withLayer(network, name, (layer) => ({
    async backward(context) {
      const right = (await layer.backward?.(context)) as { inputs: readonly (Float32Array | null)[] };
      const inputs = right.inputs.map((d, i) => (i === which && d !== null ? spoil(d, context) : d));
      return { ...right, inputs };
    },
  }));
}

/** The network with one layer that sends back to its input what another weight would give; its own gradients stay right. */
export function withMisreadBack(
  network: Network,
  name: string,
  read: (weight: NetworkTensor) => Float32Array,
): Network {
  return withLayer(network, name, (layer) => ({
    async backward(context) {
      const parameter = `${name}.weight`;
      const misread = withParameter(context, parameter, read(context.parameters[parameter]!));
      const { inputs } = (await layer.backward!(misread)) as { inputs: readonly Float32Array[] };
      return { ...(await layer.backward!(context)), inputs };
    },
  }));
}
