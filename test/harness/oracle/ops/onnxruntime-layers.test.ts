import { describe, it } from '@jest/globals';
import { losses, otherResizes, quantised, recurrents, resized, sampled, spectral } from './_layer-cases.ts';
import { expectAgrees } from './_onnxruntime.ts';
import { norms, pools, spatial } from './_spatial-cases.ts';

describe('ONNX Runtime gives the same in float32', () => {
  const cases = [
    ...pools,
    ...spatial,
    ...norms,
    ...resized,
    ...otherResizes,
    ...sampled,
    ...recurrents,
    ...losses,
    ...spectral,
    ...quantised,
  ];
  it.each(cases)('%s', (_, each) => expectAgrees(each));
});
