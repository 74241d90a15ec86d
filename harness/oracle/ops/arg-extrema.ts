import { intAttribute } from '../../attributes.ts';
import type { Operator } from '../../types/oracle.ts';
import { axisIn, given } from './_context.ts';
import { groupsAlong, overGroups } from './_reduction.ts';

/** ArgMax and ArgMin along one axis: the first of equals, or the last where select_last_index says so. */
export const argExtrema: readonly Operator[] = [arg('ArgMax', (a, b) => a > b), arg('ArgMin', (a, b) => a < b)];

function arg(op: string, beats: (a: number, b: number) => boolean): Operator {
  return {
    op,
    noDerivative: 'its result is an index',
    forward: (context, inputs) => {
      const { shape, data } = given(context, inputs, 0);
      const { attributes } = context;
      const axis = axisIn(context, intAttribute(attributes, 'axis', 0), shape.length);
      const last = intAttribute(attributes, 'select_last_index', 0) !== 0;
      const groups = groupsAlong(shape, new Set([axis]), intAttribute(attributes, 'keepdims', 1) !== 0);
      const { inner } = groups;
      const chosen = overGroups(groups, (start) => {
        let best = 0;
        for (let i = 1; i < inner.length; i++) {
          const [x, y] = [data[start + inner[i]!]!, data[start + inner[best]!]!];
          if (beats(x, y) || (last && x === y)) best = i;
        }
        return best;
      });
      return [{ dtype: 'int64', shape: groups.shape, data: chosen }];
    },
  };
}
