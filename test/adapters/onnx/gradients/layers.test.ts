import { describe, expect, it } from '@jest/globals';
import { attentions } from './cases/layer-attention.ts';
import { convolution } from './cases/layer-convolution.ts';
import { losses } from './cases/layer-losses.ts';
import { microsoft } from './cases/layer-microsoft.ts';
import { normalization } from './cases/layer-normalization.ts';
import { pooling } from './cases/layer-pooling.ts';
import { recurrentNetworks } from './cases/layer-recurrent.ts';
import { resizing } from './cases/layer-resize.ts';
import { samplers } from './cases/layer-sampling.ts';
import { spectra } from './cases/layer-spectrum.ts';
import type { LayerCase } from './layer-law.ts';
import { errorsOf } from './layer-law.ts';

const FAMILIES: readonly (readonly [string, readonly LayerCase[]])[] = [
  ['convolutions', convolution],
  ['attention', attentions],
  ['pools', pooling],
  ['normalisations', normalization],
  ['losses over classes', losses],
  ['recurrent networks', recurrentNetworks],
  ['resizing', resizing],
  ['sampling between elements', samplers],
  ['Fourier transforms', spectra],
  ["ONNX Runtime's own operators", microsoft],
];

describe.each(FAMILIES)('the gradients of %s agree with central differences of the forward run', (_family, cases) => {
  it.each(cases.map((law) => [law.claim, law] as const))('%s', async (_claim, law) => {
    const allowed = law.tolerance ?? (law.inputs[0]?.dtype === 'float64' ? 1e-8 : 1e-3);
    const errors = await errorsOf(law);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.filter(({ worst, norm }) => !(worst <= allowed && norm > 0))).toEqual([]);
  });
});
