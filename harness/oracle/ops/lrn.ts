import { floatAttribute, intAttribute } from '../../attributes.ts';
import { sizeOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value } from '../../types/oracle.ts';
import { cotangentOf, given, like } from './_context.ts';
import { seedOf } from './_kit.ts';

/** y = x / (bias + alpha/size · Σ x²)^beta, the sum over `size` channels around each, of x [batch, channels, ...]. */
export const lrn: Operator = {
  op: 'LRN',
  forward(context, inputs) {
    const x = given(context, inputs, 0);
    const { round } = context.arithmetic;
    const { beta } = parametersOf(context);
    const base = basesOf(context, x);
    return [
      like(
        x,
        x.data.map((element, i) => round(element / round(base[i]! ** beta))),
      ),
    ];
  },
  // dx = dy·base^−beta − 2·alpha·beta/size · x · Σ over the windows that x is in of dy·x·base^(−beta − 1).
  vjp(context) {
    const x = given(context, context.inputs, 0);
    const dy = seedOf(context, 0);
    if (!dy || !context.needs[0]) return [];
    const { round } = context.arithmetic;
    const { alpha, beta, size } = parametersOf(context);
    const base = basesOf(context, x);
    const inner = dy.map((d, i) => round(round(d * x.data[i]!) * round(base[i]! ** -(beta + 1))));
    const sums = new Float64Array(dy.length);
    forEachNeighbour(x, size, (i, neighbour) => {
      sums[neighbour] = round(sums[neighbour]! + inner[i]!);
    });
    const factor = round(round(2 * round(alpha / size)) * beta);
    const dx = dy.map((d, i) =>
      round(round(d * round(base[i]! ** -beta)) - round(round(factor * x.data[i]!) * sums[i]!)),
    );
    return [cotangentOf(x, dx)];
  },
};

function parametersOf({ attributes }: OperatorContext) {
  return {
    alpha: floatAttribute(attributes, 'alpha', 1e-4),
    beta: floatAttribute(attributes, 'beta', 0.75),
    bias: floatAttribute(attributes, 'bias', 1),
    size: intAttribute(attributes, 'size', 1),
  };
}

function basesOf(context: OperatorContext, x: Value): Float64Array {
  const { round } = context.arithmetic;
  const { alpha, bias, size } = parametersOf(context);
  const squares = new Float64Array(x.data.length);
  forEachNeighbour(x, size, (i, neighbour) => {
    squares[i] = round(squares[i]! + round(x.data[neighbour]! * x.data[neighbour]!));
  });
  return squares.map((sum) => round(bias + round(round(alpha / size) * sum)));
}

/** Visits, for every element, those at the same position in channels c − ⌊(size − 1)/2⌋ … c + ⌈(size − 1)/2⌉. */
function forEachNeighbour(x: Value, size: number, visit: (i: number, neighbour: number) => void): void {
  const [channels, positions] = [x.shape[1] ?? 1, sizeOf(x.shape.slice(2))];
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  for (let i = 0; i < x.data.length; i++) {
    const channel = Math.floor(i / positions) % channels;
    const [from, to] = [Math.max(0, channel - before), Math.min(channels - 1, channel + after)];
    for (let c = from; c <= to; c++) visit(i, i + (c - channel) * positions);
  }
}
