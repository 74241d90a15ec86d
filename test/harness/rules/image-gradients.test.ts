import { describe, expect, it } from '@jest/globals';
import { GraphBuilder } from '../../../adapters/onnx/index.ts';
import { int64 } from '../../../harness/tensor.ts';
import type { Attributes } from '../../../harness/types/graph.ts';
import { blame, normal, passOf, seedIn } from '../../support/backward-scene.ts';
import { computed, diagnose, int, ints, normal as drawn, string } from '../../support/diagnosis-kit.ts';
import { fromNumbers, toNumbers } from '../../../harness/tensor.ts';

const [B, C, H, W] = [2, 3, 5, 7];

/** One operator on an image, with a constant in one of its slots. */
function passThrough(op: string, constant: readonly number[], slot: number, attributes: Attributes) {
  const b = new GraphBuilder(op, 21);
  const x = b.input('x', 'float32', [B, C, H, W]);
  const c = b.initializer('c', int64([constant.length], constant));
  const inputs = [x, '', '', ''].slice(0, slot);
  b.output(b.node(op, [...inputs, c], attributes, { outputNames: ['y'] }), 'float32', null);
  return passOf(b.graph(), { x: normal([B, C, H, W], 7) }, ['y']);
}

describe('the gradient of a padded image', () => {
  const pads = [0, 0, 1, 2, 0, 0, 2, 1];
  const [P, Q] = [H + 3, W + 3];
  const told = (mode: string, top: number, left: number) => {
    const pass = passThrough('Pad', pads, 1, { mode: string(mode) });
    const d = seedIn(pass, 'y');
    const sent = Array.from({ length: B * C * H * W }, (_, at) => {
      const [w, h, plane] = [at % W, Math.floor(at / W) % H, Math.floor(at / (W * H))];
      return d[(plane * P + h + top) * Q + w + left]!;
    });
    return blame(pass, 'x', sent, [B, C, H, W]).cause?.id ?? null;
  };

  it.each(['reflect', 'edge', 'wrap'])('in mode %s loses what the border showed', (mode) => {
    expect(told(mode, 1, 2)).toBe('gradient.ignores-padding');
  });
  it('is cut out of the wrong place', () => {
    expect(told('constant', 0, 0)).toBe('gradient.ignores-padding');
    expect(told('constant', 2, 1)).toBe('gradient.ignores-padding');
    // One row down: neither end of the padding explains it.
    expect(told('constant', 3, 0)).not.toBe('gradient.ignores-padding');
  });
});

describe('the gradient of a resized image', () => {
  const [P, Q] = [11, 13];
  const told = (nearest: (i: number, size: number, to: number) => number) => {
    const mode = { mode: string('linear'), coordinate_transformation_mode: string('half_pixel') };
    const pass = passThrough('Resize', [P, Q], 3, { ...mode, axes: ints(2, 3) });
    const dx = new Float64Array(B * C * H * W);
    seedIn(pass, 'y').forEach((d, at) => {
      const [q, p, plane] = [at % Q, Math.floor(at / Q) % P, Math.floor(at / (Q * P))];
      dx[(plane * H + nearest(p, H, P)) * W + nearest(q, W, Q)]! += d;
    });
    return blame(pass, 'x', dx, [B, C, H, W]).cause?.id ?? null;
  };

  it('goes to one pixel each, where the value was made of several', () => {
    expect(told((i, size, to) => Math.floor((i * size) / to))).toBe('resize.coordinates');
    expect(told((i, size, to) => Math.min(size - 1, Math.round((i * (size - 1)) / (to - 1))))).toBe(
      'resize.coordinates',
    );
  });
  it('is not named where it goes elsewhere', () => {
    expect(told((i, size) => (3 * i) % size)).not.toBe('resize.coordinates');
  });
});

describe('the groups of a transposed convolution', () => {
  const b = new GraphBuilder('groups', 21);
  const x = b.input('x', 'float32', [B, 6, H, W]);
  const w = b.initializer('w', drawn([6, 5, 3, 3], 21));
  const attributes = { group: int(2), strides: ints(2, 2), pads: ints(1, 1, 1, 1) };
  b.output(b.node('ConvTranspose', [x, w], attributes, { outputNames: ['y'] }), 'float32', null);
  const graph = b.graph();
  const image = drawn([B, 6, H, W], 23);
  const told = (from: (c: number) => number) => {
    const data = toNumbers(image);
    const moved = data.map((_, at) => {
      const c = Math.floor(at / (H * W)) % 6;
      return data[at + (from(c) - c) * H * W]!;
    });
    const subject = computed(graph, new Map([['x', fromNumbers('float32', image.shape, moved)]]), 'y');
    return diagnose({ graph, values: new Map([['x', image]]), tensor: 'y', subject }).cause?.id ?? null;
  };

  it.each([
    ['read the slice of the other', (c: number) => (c + 3) % 6, 'conv.groups'],
    ['interleave', (c: number) => (c % 3) * 2 + Math.floor(c / 3), 'conv.groups'],
    ['read channels in no order that groups have', (c: number) => [0, 4, 2, 5, 1, 3][c]!, null],
  ])('%s', (_, from, cause) => {
    expect(told(from)).toBe(cause);
  });
});
