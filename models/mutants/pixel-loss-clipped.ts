import { inLayers, type Mutant, withOutput } from './_mutant.ts';

/** Probabilities are kept a twentieth away from 0 and 1 before the logarithm. */
export const pixelLossClipped: readonly Mutant[] = inLayers(
  { id: 'pixel-loss-clipped', cause: 'loss.clip', wrong: 'output' },
  { unet: 'loss' },
  (network, layer) =>
    withOutput(network, layer, (out, { input, inputs }) => {
      const target = inputs['target']!.data;
      let sum = 0;
      input.data.forEach((x, i) => {
        const p = Math.max(0.05, Math.min(0.95, x));
        sum -= target[i]! * Math.log(p) + (1 - target[i]!) * Math.log(1 - p);
      });
      out[0] = sum / input.data.length;
    }),
);
