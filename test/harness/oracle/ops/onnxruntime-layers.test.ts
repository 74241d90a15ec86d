import { describe, expect, it } from '@jest/globals';
import { losses, otherResizes, quantised, recurrents, resized, sampled, spectral } from './_layer-cases.ts';
import { expectAgrees } from './_onnxruntime.ts';
import { norms, pools, spatial } from './_spatial-cases.ts';

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

/** Opsets in which an operator had another version, and the forms that those did not have yet. */
const OLDER: Readonly<Record<string, readonly [opsets: readonly number[], without: RegExp]>> = {
  MaxPool: [[10, 11, 12, 22], /^$/],
  AveragePool: [[10, 11, 18, 19, 22], /dilations/],
  LpPool: [[18, 22], /^$/],
  Conv: [[7, 11, 22], /^$/],
  ConvTranspose: [[7, 11, 22], /^$/],
  BatchNormalization: [[9, 14, 15], /training/],
  LayerNormalization: [[17], /^$/],
  Resize: [[11, 13, 18, 19], /antialias|symmetric|opset/],
  RNN: [[7, 14, 22], /^$/],
  GRU: [[7, 14, 22], /^$/],
  LSTM: [[7, 14, 22], /^$/],
};

const older = Object.entries(OLDER).flatMap(([op, [opsets, without]]) =>
  cases
    .filter(([name, { operator }]) => operator.op === op && !without.test(name))
    .flatMap(([name, trial]) => opsets.map((opset) => [`${name}, opset ${opset}`, { ...trial, opset }] as const)),
);

describe('ONNX Runtime gives the same in float32', () => {
  it.each(cases)('%s', (_, each) => expectAgrees(each));

  it('in every version of an operator', async () => {
    expect(older.length).toBeGreaterThan(200);
    const apart: string[] = [];
    for (const [name, each] of older)
      await expectAgrees(each).catch((error: unknown) => apart.push(`${name}: ${error}`));
    expect(apart).toEqual([]);
  });
});
