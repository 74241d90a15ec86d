import type { Network, NetworkTensor } from '../../adapters/network/index.ts';
import { inLayers, type Mutant } from './_mutant.ts';

/** The sum and the activation after it are one layer, which adds the skip connection after the activation. */
export const residualAfterActivation: readonly Mutant[] = inLayers(
  { id: 'residual-after-activation', cause: 'residual.placement', wrong: 'output' },
  { resnet: 'b1.relu2', resnetTraining: 'b2.relu2' },
  (network, layer) => fused(network, layer.replace('relu2', 'add'), layer),
);

/** `sum` is no longer a layer of its own; the way back is that of the right order. */
function fused(network: Network, sum: string, relu: string): Network {
  const layers = network.layers ?? [];
  const inputs = layers.find((layer) => layer.name === sum)?.inputs as readonly [string, string];
  return {
    ...network,
    layers: layers
      .filter((layer) => layer.name !== sum)
      .map((layer) => (layer.name === relu ? { ...layer, inputs, forward, backward } : layer)),
  };

  function forward({ inputs: read }: { inputs: { readonly [name: string]: NetworkTensor } }) {
    const [branch, skip] = inputs.map((name) => read[name]!) as [NetworkTensor, NetworkTensor];
    return { data: branch.data.map((x, i) => Math.max(0, x) + skip.data[i]!), shape: branch.shape };
  }

  function backward({
    inputs: read,
    gradient,
  }: {
    inputs: { readonly [name: string]: NetworkTensor };
    gradient: Float32Array;
  }) {
    const [branch, skip] = inputs.map((name) => read[name]!) as [NetworkTensor, NetworkTensor];
    const d = gradient.map((g, i) => (branch.data[i]! + skip.data[i]! > 0 ? g : 0));
    return { inputs: [d, d.slice()] };
  }
}
