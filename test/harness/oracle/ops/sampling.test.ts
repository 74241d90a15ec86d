import { describe, expect, it } from '@jest/globals';
import { affineGrid } from '../../../../harness/oracle/ops/affine-grid.ts';
import { conv } from '../../../../harness/oracle/ops/conv.ts';
import { deformConv } from '../../../../harness/oracle/ops/deform-conv.ts';
import { gridSample } from '../../../../harness/oracle/ops/grid-sample.ts';
import { maxPool } from '../../../../harness/oracle/ops/max-pool.ts';
import { maxRoiPool } from '../../../../harness/oracle/ops/max-roi-pool.ts';
import { maxUnpool } from '../../../../harness/oracle/ops/max-unpool.ts';
import { resizes } from '../../../../harness/oracle/ops/resize.ts';
import { roiAlign } from '../../../../harness/oracle/ops/roi-align.ts';
import {
  distance,
  expectLawful,
  float,
  forward,
  int,
  ints,
  random,
  text,
  type Trial,
  value,
  vjp,
} from './_vjp-laws.ts';

const [resize, upsample] = resizes;
const none = value('float32', [0], []);

describe('Resize', () => {
  const modes = ['half_pixel', 'half_pixel_symmetric', 'pytorch_half_pixel', 'align_corners', 'asymmetric'];
  const resized = (attributes: NonNullable<Trial['attributes']>, scales: number[], shape = [1, 2, 5, 7]): Trial => ({
    operator: resize!,
    inputs: [random(shape, 1), none, value('float32', [scales.length], scales.map(Math.fround))],
    attributes,
    wrt: [0],
  });
  for (const mode of ['nearest', 'linear', 'cubic']) {
    it.each(modes)(`${mode}, %s: its product is the derivative`, (transformation) => {
      const attributes = { mode: text(mode), coordinate_transformation_mode: text(transformation) };
      expectLawful(resized(attributes, [1, 1, 1.7, 2]));
      expectLawful(resized(attributes, [1, 1, 0.6, 0.3]));
    });
  }
  it.each(['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'])('nearest, %s', (mode) => {
    expectLawful(resized({ nearest_mode: text(mode) }, [1, 1, 1.4, 0.6]));
  });
  it.each(['linear', 'cubic'])('%s with antialias and exclude_outside, in three axes', (mode) => {
    const attributes = { mode: text(mode), antialias: int(1), exclude_outside: int(1), cubic_coeff_a: float(-0.5) };
    expectLawful(resized(attributes, [1, 1, 0.5, 0.4, 1.5], [1, 2, 4, 5, 3]));
    expectLawful(resized({ ...attributes, exclude_outside: int(0) }, [1, 1, 0.5, 0.4, 1.5], [1, 2, 4, 5, 3]));
  });
  it('tf_crop_and_resize fills what lies outside, and sends no gradient there', () => {
    const trial: Trial = {
      operator: resize!,
      inputs: [
        random([1, 1, 3, 5], 1),
        value('float32', [4], [-0.5, 0.25, 1, 1.25]),
        none,
        value('int64', [2], [4, 3]),
      ],
      attributes: {
        mode: text('linear'),
        coordinate_transformation_mode: text('tf_crop_and_resize'),
        axes: ints(2, 3),
        extrapolation_value: float(7),
      },
      wrt: [0],
    };
    const [y] = forward(trial);
    expect(y!.shape).toEqual([1, 1, 4, 3]);
    expect(Array.from(y!.data.slice(0, 3))).toEqual([7, 7, 7]);
    expect(y!.data.some((element) => element !== 7)).toBe(true);
    expectLawful(trial);
  });
  it('keeps the aspect ratio where asked to', () => {
    const sized = (policy: string) =>
      forward({
        operator: resize!,
        inputs: [random([1, 1, 2, 4], 1), none, none, value('int64', [2], [7, 8])],
        attributes: { keep_aspect_ratio_policy: text(policy), axes: ints(2, 3) },
      })[0]!.shape;
    expect([sized('stretch'), sized('not_larger'), sized('not_smaller')]).toEqual([
      [1, 1, 7, 8],
      [1, 1, 4, 8],
      [1, 1, 7, 14],
    ]);
  });
  it('gives back constants, whatever the mode', () => {
    for (const mode of ['nearest', 'linear', 'cubic']) {
      const x = { ...random([1, 1, 5, 3], 1), data: new Float64Array(15).fill(3) };
      const y = forward({
        ...resized({ mode: text(mode), antialias: int(mode === 'nearest' ? 0 : 1) }, [1, 1, 0.4, 2.6]),
        inputs: [x, none, value('float32', [4], [1, 1, 0.4, 2.6])],
      })[0]!;
      for (const element of y.data) expect(element).toBeCloseTo(3, 6);
    }
  });
  it('before opset 11 has no choice of coordinates, nor Upsample', () => {
    const x = value('float32', [1, 1, 1, 3], [1, 2, 3]);
    for (const operator of [resize!, upsample!]) {
      const trial: Trial = {
        operator,
        inputs: [x, value('float32', [4], [1, 1, 1, 2])],
        opset: operator === resize ? 10 : 9,
        wrt: [0],
      };
      expect(Array.from(forward(trial)[0]!.data)).toEqual([1, 1, 2, 2, 3, 3]);
      expectLawful(trial);
      expectLawful({ ...trial, attributes: { mode: text('linear') } });
    }
  });
  it('refuses modes that do not exist', () => {
    expect(() => forward(resized({ mode: text('lanczos') }, [1, 1, 2, 2]))).toThrow(/E_UNSUPPORTED.*"lanczos"/);
    expect(() =>
      forward(resized({ coordinate_transformation_mode: text('tf_half_pixel_for_nn') }, [1, 1, 2, 2])),
    ).toThrow(/tf_half_pixel_for_nn/);
  });
});

describe('GridSample', () => {
  for (const mode of ['linear', 'cubic', 'nearest']) {
    for (const padding of ['zeros', 'border', 'reflection']) {
      it.each([0, 1])(`${mode}, ${padding}, align_corners %d: its product is the derivative`, (align) => {
        const attributes = { mode: text(mode), padding_mode: text(padding), align_corners: int(align) };
        expectLawful({
          operator: gridSample,
          inputs: [random([2, 2, 5, 3], 1), random([2, 3, 4, 2], 2, -1.9, 1.9)],
          attributes,
        });
      });
    }
  }
  it('in three dimensions', () => {
    expectLawful({ operator: gridSample, inputs: [random([1, 2, 3, 2, 5], 1), random([1, 2, 3, 1, 3], 2, -1.3, 1.3)] });
  });
  it('at the middles of the inputs gives them, and calls the gradient of the grid slack there', () => {
    const x = random([1, 1, 3, 5], 1);
    const grid = forward({
      operator: affineGrid,
      inputs: [value('float32', [1, 2, 3], [1, 0, 0, 0, 1, 0]), value('int64', [4], [1, 1, 3, 5])],
      attributes: { align_corners: int(1) },
    })[0]!;
    const trial: Trial = { operator: gridSample, inputs: [x, grid], attributes: { align_corners: int(1) } };
    expect(distance(forward(trial)[0]!.data, x.data)).toBeLessThan(1e-12);
    const [, dgrid] = vjp(trial, [random([1, 1, 3, 5], 3)]);
    const slack = Array.from(dgrid!.slack!);
    expect(slack.every((s) => s > 0)).toBe(true);
    const away = { ...grid, data: grid.data.map((g) => g * 0.83 + 0.03) };
    expect(vjp({ ...trial, inputs: [x, away] }, [random([1, 1, 3, 5], 3)])[1]!.slack).toBeUndefined();
  });
});

it('AffineGrid: its product is the derivative, in two and three dimensions', () => {
  for (const align of [0, 1]) {
    expectLawful({
      operator: affineGrid,
      inputs: [random([2, 2, 3], 1), value('int64', [4], [2, 3, 5, 3])],
      attributes: { align_corners: int(align) },
      wrt: [0],
    });
    expectLawful({
      operator: affineGrid,
      inputs: [random([2, 3, 4], 1), value('int64', [5], [2, 3, 2, 5, 3])],
      attributes: { align_corners: int(align) },
      wrt: [0],
    });
  }
});

describe('DeformConv', () => {
  const x = random([2, 4, 5, 7], 1);
  const w = random([6, 2, 3, 2], 2);
  const attributes = {
    group: int(2),
    strides: ints(2, 1),
    pads: ints(1, 1, 0, 2),
    dilations: ints(1, 2),
    offset_group: int(2),
  };
  it('without offsets is Conv', () => {
    const plain = forward({ operator: conv, inputs: [x, w], attributes })[0]!;
    const offset = { ...random([2, 24, 2, 8], 3), data: new Float64Array(2 * 24 * 16) };
    const moved = forward({ operator: deformConv, inputs: [x, w, offset], attributes })[0]!;
    expect(moved.shape).toEqual(plain.shape);
    expect(distance(moved.data, plain.data)).toBeLessThan(1e-12);
  });
  it('its product is the derivative, of offsets, bias and mask as well', () => {
    const inputs = [x, w, random([2, 24, 2, 8], 3, -1.7, 1.7), random([6], 4), random([2, 12, 2, 8], 5)];
    expectLawful({ operator: deformConv, inputs, attributes });
    expectLawful({ operator: deformConv, inputs: inputs.slice(0, 3), attributes });
  });
});

describe('MaxUnpool', () => {
  it('puts back what MaxPool took, and its product is the derivative', () => {
    const attributes = { kernel_shape: ints(2, 2), strides: ints(2, 2) };
    const [y, indices] = forward({ operator: maxPool, inputs: [random([2, 3, 4, 6], 1)], attributes, outputs: 2 });
    const trial: Trial = { operator: maxUnpool, inputs: [y, indices], attributes, wrt: [0] };
    const [back] = forward(trial);
    expect(back!.shape).toEqual([2, 3, 4, 6]);
    expect(
      Array.from(back!.data)
        .filter((e) => e !== 0)
        .sort(),
    ).toEqual(Array.from(y!.data).sort());
    expectLawful(trial);
  });
});

describe('regions', () => {
  const x = random([2, 3, 7, 5], 1);
  it.each(['avg', 'max'])('RoiAlign, %s: its product is the derivative', (mode) => {
    const rois = value('float32', [2, 4], [0.5, 1, 4.2, 6.3, 1, 0.2, 3, 5]);
    for (const opset of [10, 16]) {
      for (const ratio of [0, 2]) {
        const attributes = {
          output_height: int(3),
          output_width: int(2),
          sampling_ratio: int(ratio),
          spatial_scale: float(0.9),
          mode: text(mode),
        };
        expectLawful({
          operator: roiAlign,
          inputs: [x, rois, value('int64', [2], [1, 0])],
          attributes,
          opset,
          wrt: [0],
        });
      }
    }
  });
  it('MaxRoiPool takes the largest of each bin, and its product is the derivative', () => {
    const rois = value('float32', [2, 5], [0, 0, 0, 4, 6, 1, 1, 2, 3, 5]);
    const trial: Trial = {
      operator: maxRoiPool,
      inputs: [x, rois],
      attributes: { pooled_shape: ints(1, 1) },
      wrt: [0],
    };
    expect(forward(trial)[0]!.data[0]).toBe(Math.max(...x.data.slice(0, 35)));
    expectLawful(trial);
    expectLawful({ ...trial, attributes: { pooled_shape: ints(3, 2) } });
  });
});
