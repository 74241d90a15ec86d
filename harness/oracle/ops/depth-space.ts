import { intAttribute, stringAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Operator } from '../../types/oracle.ts';
import { given } from './_context.ts';
import { indexed } from './_indexed.ts';
import { stridedOffsets } from './_strided.ts';

/** DepthToSpace and SpaceToDepth: blocks of channels to blocks of pixels, and back. */
export const depthSpace: readonly Operator[] = [
  indexed('DepthToSpace', (context, inputs) => {
    const { shape } = given(context, inputs, 0);
    const [n, c, h, w] = shape as [number, number, number, number];
    const b = intAttribute(context.attributes, 'blocksize', 1);
    const depth = c / (b * b);
    const [sn, sc, sh, sw] = stridesOf(shape) as [number, number, number, number];
    // The channel is (block row, block column, depth) in DCR, (depth, block row, block column) in CRD.
    const byDepth = stringAttribute(context.attributes, 'mode', 'DCR') === 'DCR';
    const [sd, sr, sq] = byDepth ? [sc, b * depth * sc, depth * sc] : [b * b * sc, b * sc, sc];
    const offsets = stridedOffsets([n, depth, h, b, w, b], [sn, sd, sh, sr, sw, sq]);
    return { shape: [n, depth, h * b, w * b], offsets };
  }),
  indexed('SpaceToDepth', (context, inputs) => {
    const { shape } = given(context, inputs, 0);
    const [n, c, h, w] = shape as [number, number, number, number];
    const b = intAttribute(context.attributes, 'blocksize', 1);
    const [sn, sc, sh, sw] = stridesOf(shape) as [number, number, number, number];
    // The output's channel is (block row, block column, channel).
    const offsets = stridedOffsets([n, b, b, c, h / b, w / b], [sn, sh, sw, sc, b * sh, b * sw]);
    return { shape: [n, c * b * b, h / b, w / b], offsets };
  }),
];
