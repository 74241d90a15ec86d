import type { Layer, NetworkTensor, Operator } from '../../adapters/network/index.ts';
import { gated } from '../nets/blocks/recurrent.ts';
import { inLayers, type Mutant, withOutput } from './_mutant.ts';
import { GRU, layerOf } from './_sequence.ts';

/** The reset gate acts on the state where it should act on the product, or the other way round. */
export const resetElsewhere: readonly Mutant[] = inLayers(
  { id: 'reset-elsewhere', cause: 'recurrent.reset-placement', wrong: 'output' },
  GRU,
  (network, layer) => {
    const right = layerOf(network, layer).op as Operator;
    const { hidden_size: H, linear_before_reset: after } = right.attributes as Record<string, number>;
    const other = gated(layer, 'tokens', 'initial', H!, after !== 1) as Layer;
    return withOutput(network, layer, (out, context) => {
      const { data } = other.forward({ ...context, saved: {} }) as NetworkTensor;
      out.set(data);
    });
  },
);
