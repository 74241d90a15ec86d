import { describe, expect, it } from '@jest/globals';
import { batchNormalization } from '../../../../harness/oracle/ops/batch-normalization.ts';
import {
  layerNormalization,
  rmsNormalization,
  simplifiedLayerNormalization,
} from '../../../../harness/oracle/ops/layer-normalization.ts';
import {
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
} from '../../../../harness/oracle/ops/skip-layer-normalization.ts';
import { float32 } from '../../../../harness/oracle/arithmetic.ts';
import { type Trial, distance, expectLawful, float, forward, int, norm, random, vjp } from './_vjp-laws.ts';

describe('BatchNormalization', () => {
  const inputs = [random([3, 5, 2, 7], 1), random([5], 2), random([5], 3), random([5], 4), random([5], 5, 0.5, 2)];
  const training: Trial = {
    operator: batchNormalization,
    inputs,
    attributes: { training_mode: int(1), momentum: float(0.7), epsilon: float(1e-3) },
    outputs: 3,
    wrt: [0, 1, 2],
    seeds: [0],
  };

  it('in inference is affine in x, by the running statistics', () => {
    expectLawful({ operator: batchNormalization, inputs, wrt: [0, 1, 2] });
  });
  it('in training differentiates through the statistics of the batch', () => expectLawful(training));
  it('in training normalises every channel, and moves the running statistics towards the population variance', () => {
    const [y, mean, variance] = forward(training);
    const [x, scale, bias, oldMean, oldVariance] = inputs.map((input) => input!.data);
    const momentum = Math.fround(0.7);
    for (let c = 0; c < 5; c++) {
      const of = (data: Float64Array) => Array.from(data).filter((_, i) => Math.floor(i / 14) % 5 === c);
      const average = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
      const centre = average(of(x!));
      const spread = average(of(x!).map((e) => (e - centre) ** 2));
      expect(average(of(y!.data))).toBeCloseTo(bias![c]!, 10);
      expect(average(of(y!.data).map((e) => (e - bias![c]!) ** 2))).toBeCloseTo(
        (scale![c]! ** 2 * spread) / (spread + Math.fround(1e-3)),
        10,
      );
      expect(mean!.data[c]).toBeCloseTo(momentum * oldMean![c]! + (1 - momentum) * centre, 10);
      expect(variance!.data[c]).toBeCloseTo(momentum * oldVariance![c]! + (1 - momentum) * spread, 10);
    }
  });
  it('refuses the training of old opsets, whose outputs meant something else', () => {
    expect(() => forward({ ...training, attributes: {}, opset: 9, outputs: 5 })).toThrow(/E_UNSUPPORTED.*opset 14/);
  });
});

describe('LayerNormalization', () => {
  it.each([-1, 1, 2, 0])('from axis %d on: its product, through Mean and InvStdDev too, is the derivative', (axis) => {
    const x = random([3, 5, 7], 1);
    const parameter = x.shape.slice(axis);
    const trial: Trial = {
      operator: layerNormalization,
      inputs: [x, random(parameter, 2), random(parameter, 3)],
      attributes: { axis: int(axis) },
      outputs: 3,
    };
    expect(forward(trial)[1]!.shape).toEqual(x.shape.map((d, a) => (a < (axis < 0 ? axis + 3 : axis) ? d : 1)));
    expectLawful(trial);
    expectLawful({ ...trial, seeds: [0], inputs: trial.inputs.slice(0, 2) });
  });
  it('has parameters that broadcast', () => {
    expectLawful({
      operator: layerNormalization,
      inputs: [random([3, 5, 7], 1), random([7], 2), random([5, 1], 3)],
      attributes: { axis: int(1) },
    });
  });
  it('subtracts the mean before it squares: a mean of 1000 costs digits in proportion, not in its square', () => {
    const x = random([2, 257], 1, 999, 1001);
    const trial: Trial = { operator: layerNormalization, inputs: [x, random([257], 2)] };
    const [exact, naive] = [forward(trial)[0]!.data, forward(trial, float32)[0]!.data];
    expect(distance(naive, exact) / norm(exact) <= 1e-3).toBe(true);
  });
});

describe('RMSNormalization and ONNX Runtime’s relatives', () => {
  const [x, skip] = [random([3, 5, 7], 1), random([3, 5, 7], 2)];
  const [gamma, beta, bias] = [random([7], 3), random([7], 4), random([7], 5)];
  it('RMSNormalization', () => {
    expectLawful({ operator: rmsNormalization, inputs: [x, gamma] });
    expectLawful({
      operator: rmsNormalization,
      inputs: [x, random([5, 7], 3)],
      attributes: { axis: int(1), epsilon: float(0.1) },
    });
  });
  it.each(simplifiedLayerNormalization.map((operator) => [operator.domain, operator] as const))(
    'SimplifiedLayerNormalization of "%s"',
    (_, operator) => {
      expectLawful({ operator, inputs: [x, gamma], outputs: 2 });
    },
  );
  it('SkipLayerNormalization, through the sum as well', () => {
    expectLawful({ operator: skipLayerNormalization, inputs: [x, skip, gamma, beta, bias], outputs: 4 });
    expectLawful({ operator: skipLayerNormalization, inputs: [x, random([5, 7], 2), gamma], outputs: 4 });
  });
  it('SkipSimplifiedLayerNormalization', () => {
    expectLawful({
      operator: skipSimplifiedLayerNormalization,
      inputs: [x, skip, gamma, bias],
      outputs: 4,
      seeds: [0, 2, 3],
    });
    const trial: Trial = { operator: skipSimplifiedLayerNormalization, inputs: [x, skip, gamma] };
    expect(vjp(trial, [random(x.shape, 9)])[0]!.value.data).toEqual(vjp(trial, [random(x.shape, 9)])[1]!.value.data);
  });
});
