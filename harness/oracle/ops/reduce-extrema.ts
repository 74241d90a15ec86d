import type { Operator, VjpContext } from '../../types/oracle.ts';
import type { DataType } from '../../types/tensor.ts';
import { cotangentOf, given, like } from './_context.ts';
import { groupsOf, overElements, overGroups } from './_reduction.ts';

/** ReduceMax and ReduceMin. Elements that tie share the cotangent equally. */
export const reduceExtrema: readonly Operator[] = [
  reduceExtremum('ReduceMax', Math.max, (dtype) => LOWEST[dtype] ?? Number.NEGATIVE_INFINITY),
  reduceExtremum('ReduceMin', Math.min, (dtype) => HIGHEST[dtype] ?? Number.POSITIVE_INFINITY),
];

// What the extremum of no elements is, where the type has no infinity.
const LOWEST: Partial<Record<DataType, number>> = {
  int8: -128,
  int16: -(2 ** 15),
  int32: -(2 ** 31),
  int64: -(2 ** 63),
  uint8: 0,
  uint16: 0,
  uint32: 0,
  uint64: 0,
  bool: 0,
};
const HIGHEST: Partial<Record<DataType, number>> = {
  int8: 127,
  int16: 2 ** 15 - 1,
  int32: 2 ** 31 - 1,
  int64: 2 ** 63,
  uint8: 255,
  uint16: 2 ** 16 - 1,
  uint32: 2 ** 32 - 1,
  uint64: 2 ** 64,
  bool: 1,
};

function reduceExtremum(
  op: string,
  better: (a: number, b: number) => number,
  worst: (dtype: DataType) => number,
): Operator {
  return {
    op,
    forward: (context, inputs) => {
      const x = given(context, inputs, 0);
      const groups = groupsOf(context, inputs);
      const { inner } = groups;
      const data = overGroups(groups, (start) => {
        let best = worst(x.dtype);
        for (let i = 0; i < inner.length; i++) best = better(best, x.data[start + inner[i]!]!);
        return best;
      });
      return [like(x, data, groups.shape)];
    },
    vjp: (context) => [shared(context)],
  };
}

function shared(context: VjpContext) {
  const dy = context.cotangents[0]?.data;
  const x = given(context, context.inputs, 0);
  if (!dy || !context.needs[0]) return undefined;
  const y = given(context, context.outputs, 0).data;
  const groups = groupsOf(context, context.inputs);
  const { inner } = groups;
  const reach = 2 * (context.noise[0] ?? 0);
  const count = (distance: number) =>
    overGroups(groups, (start, g) => {
      let n = 0;
      for (let i = 0; i < inner.length; i++) if (Math.abs(x.data[start + inner[i]!]! - y[g]!) <= distance) n++;
      return n;
    });
  const [ties, near] = [count(0), count(reach)];
  const dx = overElements(x.shape, groups, (at, g) =>
    x.data[at] === y[g] ? context.arithmetic.round(dy[g]! / ties[g]!) : 0,
  );
  if (!near.some((n) => n > 1)) return cotangentOf(x, dx);
  const slack = overElements(x.shape, groups, (at, g) =>
    near[g]! > 1 && Math.abs(x.data[at]! - y[g]!) <= reach ? Math.abs(dy[g]!) : 0,
  );
  return cotangentOf(x, dx, slack);
}
