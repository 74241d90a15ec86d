import { sizeOf, stridesOf } from '../shape.ts';
import { isFloat } from '../tensor.ts';
import type { ForwardContext, ForwardHypothesis, Rule } from '../types/rule.ts';
import type { Shape } from '../types/tensor.ts';
import { shown } from './_numbers.ts';
import { patch } from './_patch.ts';

/** A tensor inside a fused layer, not recorded itself, that is off by a usual factor, has the other sign, or was never written, or only in part. */
export const hidden: Rule = {
  id: 'hidden',
  *forward(context: ForwardContext): Iterable<ForwardHypothesis> {
    const { node, outputs, direct } = context;
    const [y] = outputs;
    if (direct || y === undefined || !isFloat(y.dtype) || node.outputs.length > 1 || node.inputs.length === 0) return;
    if (node.domain !== '' || y.data.length < 2 || y.data.every((x) => x === 0)) return;
    for (const factor of factorsOf(y.shape[0] ?? 1)) {
      const p = patch(context);
      const right = p.emit(node.op, node.inputs, node.attributes);
      const edit = p.edit(p.emit('Mul', [right, p.scalar(factor)]));
      yield { ...told(factor, node.name), specificity: 1, edit };
    }
    for (const { what, kept } of masksOf(y.shape)) {
      const p = patch(context);
      const right = p.emit(node.op, node.inputs, node.attributes);
      const mask = p.numbers(
        y.shape,
        y.data.map((_, i) => (kept(i) ? 1 : 0)),
      );
      yield {
        cause: 'region.partial',
        claim: `${what} of what ${node.name} hands on inside this layer was never written (0)`,
        fix: `Look at the bounds of the loops that write ${node.name}'s result.`,
        specificity: 1,
        edit: p.edit(p.emit('Mul', [right, mask])),
      };
    }
  },
};

/** Regions that loops leave out: the last channel, the remainder of a vector's width, the border of an image, the examples after the first. */
function masksOf(shape: Shape): { what: string; kept: (i: number) => boolean }[] {
  const strides = stridesOf(shape);
  const at = (i: number, axis: number): number => Math.floor(i / (strides[axis] as number)) % (shape[axis] as number);
  const [rank, width, channels = 1] = [shape.length, shape.at(-1) ?? 1, shape[1]];
  const tails = [...new Set([4, 8, 16].map((lanes) => width % lanes))].filter((rest) => rest > 0 && rest < width);
  const outermost = (i: number, axis: number): boolean => [0, (shape[axis] as number) - 1].includes(at(i, axis));
  return [
    ...(rank > 2 && channels > 1 ? [{ what: 'the last channel', kept: (i: number) => at(i, 1) < channels - 1 }] : []),
    ...tails.map((rest) => ({
      what: `the last ${rest} of ${width} places of the last axis`,
      kept: (i: number) => at(i, rank - 1) < width - rest,
    })),
    ...(rank === 4 && Math.min(...shape.slice(2)) > 2
      ? [{ what: 'the border', kept: (i: number) => !outermost(i, 2) && !outermost(i, 3) }]
      : []),
    ...[4, 8, 16, 32].flatMap((lanes) => {
      const [size, rest] = [sizeOf(shape), sizeOf(shape) % lanes];
      const plain = rank > 1 && rest > 0 && size > lanes && width % lanes !== rest;
      return plain ? [{ what: `the last ${rest} of ${size} elements`, kept: (i: number) => i < size - rest }] : [];
    }),
    ...(rank > 1 && (shape[0] as number) > 1
      ? [{ what: 'every example after the first', kept: (i: number) => at(i, 0) === 0 }]
      : []),
  ];
}

/** Most factors that a person leaves out or puts in are among these. */
function factorsOf(batch: number): ReadonlySet<number> {
  return new Set([-1, 0, 2, 1 / 2, 3, 1 / 3, ...(batch > 1 ? [batch, 1 / batch] : [])]);
}

function told(factor: number, name: string): { cause: string; claim: string; fix: string } {
  const where = `what ${name} hands on inside this layer`;
  if (factor === -1) {
    const claim = `${where} has the opposite sign`;
    return { cause: 'sign.flipped', claim, fix: `Change the sign of ${name}'s result.` };
  }
  if (factor === 0) {
    const claim = `${where} is zero: it was never written`;
    return { cause: 'value.zero', claim, fix: `Write ${name}'s result before it is read.` };
  }
  return {
    cause: 'scale.constant',
    claim: `${where} is ${shown(factor)} times what it should be`,
    fix: `Multiply ${name}'s result by ${shown(1 / factor)}: a factor is missing, or applied once too often.`,
  };
}
