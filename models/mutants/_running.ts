import type { NetworkTensor } from '../../adapters/network/index.ts';
import { unet } from '../twins/unet.ts';
import { type Mutant, withLayer } from './_mutant.ts';

const LAYER = 'd2.norm';

/** A batch normalisation in training that hands on other running statistics: `update` gets the old one, the right new one and how many elements a channel has. */
export function trackedOtherwise(
  which: 'mean' | 'variance',
  update: (old: number, now: number, n: number) => number,
): Pick<Mutant, 'net' | 'tensor' | 'direction' | 'make'> {
  const tensor = `${LAYER}.${which}`;
  return {
    net: 'unet',
    tensor,
    direction: 'forward',
    make: () =>
      withLayer(unet.make(), LAYER, (right) => ({
        async forward(context) {
          const computed = (await right.forward(context)) as Record<string, NetworkTensor>;
          const { data: now, shape } = computed[tensor]!;
          const old = context.parameters[`${LAYER}.running_${which === 'mean' ? 'mean' : 'var'}`]!.data;
          const n = context.input.data.length / now.length;
          return { ...computed, [tensor]: { data: now.map((x, c) => update(old[c]!, x, n)), shape } };
        },
      })),
  };
}
