import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { type LayerNorm, layerNormBack, layerNormForward } from './_layer-norm.ts';
import { seedOf, wants } from './_kit.ts';
import { broadcastOffsets, unbroadcast } from './_strided.ts';

/** The layer norm of x + skip + bias (com.microsoft): x, skip, gamma, beta, bias → y, mean, inverse deviation, the sum. */
export const skipLayerNormalization: Operator = skipNorm('SkipLayerNormalization', { centred: true });

/** The root-mean-square norm of x + skip + bias (com.microsoft): x, skip, gamma, bias → y, mean, inverse deviation, the sum. */
export const skipSimplifiedLayerNormalization: Operator = skipNorm('SkipSimplifiedLayerNormalization', {
  centred: false,
});

function skipNorm(op: string, kind: LayerNorm): Operator {
  const biasAt = kind.centred ? 4 : 3;
  const lastAxis = <C extends OperatorContext>(context: C): C => ({
    ...context,
    attributes: {
      epsilon: { kind: 'float', value: Math.fround(1e-12) },
      ...context.attributes,
      axis: { kind: 'int', value: -1 },
    },
  });
  return {
    op,
    domain: 'com.microsoft',
    forward(context, inputs) {
      const sum = summed(context, inputs, biasAt);
      const beta = kind.centred ? inputs[3] : undefined;
      const { y, mean, inverse } = layerNormForward(lastAxis(context), sum, given(context, inputs, 2), beta, kind);
      return [y, mean, inverse, sum];
    },
    vjp(context) {
      const { inputs } = context;
      const sum = summed(context, inputs, biasAt);
      const [gamma, beta] = [given(context, inputs, 2), kind.centred ? inputs[3] : undefined];
      const seeds = { dy: seedOf(context, 0), dmean: seedOf(context, 1), dinverse: seedOf(context, 2) };
      const { dx, dscale, dbias } = layerNormBack(lastAxis(context), sum, gamma, beta, kind, seeds);
      const through = seedOf(context, 3);
      const { round } = context.arithmetic;
      const total = through ? dx.map((d, i) => round(d + through[i]!)) : dx;
      return inputs.map((input, i) => {
        if (!input || !wants(context, i)) return undefined;
        if (i === 2) return dscale && cotangentOf(input, dscale);
        if (i === 3 && kind.centred) return dbias && cotangentOf(input, dbias);
        return cotangentOf(input, unbroadcast(total, sum.shape, input.shape, round));
      });
    },
  };
}

/** x + skip + bias, skip and bias broadcast to x. */
function summed(context: OperatorContext, inputs: readonly (Value | undefined)[], biasAt: number): Value {
  const x = given(context, inputs, 0);
  const { round } = context.arithmetic;
  let sum = x.data;
  for (const term of [given(context, inputs, 1), inputs[biasAt]]) {
    if (!term) continue;
    const offsets = broadcastOffsets(term.shape, x.shape);
    sum = sum.map((element, i) => round(element + term.data[offsets[i]!]!));
  }
  return like(x, sum);
}
