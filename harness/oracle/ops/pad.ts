import { floatAttribute, intsAttribute, stringAttribute } from '../../attributes.ts';
import { stridesOf } from '../../shape.ts';
import type { Operator, OperatorContext, Value, VjpContext } from '../../types/oracle.ts';
import { numbersOf } from '../value.ts';
import { axisIn, cotangentOf, given, refuse } from './_context.ts';
import { indexedCotangent, type Reading, taken } from './_indexed.ts';
import { tableOffsets } from './_strided.ts';

/** Adds (or, where negative, removes) elements before and after each axis: constant, reflect, edge or wrap. Attributes before opset 11, then inputs. */
export const pad: Operator = {
  op: 'Pad',
  forward: (context, inputs) => {
    const fill = context.opset >= 11 ? (inputs[2]?.data[0] ?? 0) : floatAttribute(context.attributes, 'value', 0);
    return [taken(given(context, inputs, 0), reading(context, inputs), fill)];
  },
  vjp: (context) => {
    const dx = indexedCotangent(context, (c) => reading(c, c.inputs));
    return [dx, undefined, fillCotangent(context)];
  },
};

/** The fill value stands wherever nothing was read. */
function fillCotangent(context: VjpContext) {
  const fill = context.inputs[2];
  const dy = context.cotangents[0]?.data;
  if (!fill || !dy || !context.needs[2]) return undefined;
  const { offsets } = reading(context, context.inputs);
  const r = context.arithmetic.round;
  return cotangentOf(fill, Float64Array.of(dy.reduce((sum, d, i) => (offsets[i]! < 0 ? r(sum + d) : sum), 0)));
}

function reading(context: OperatorContext, inputs: readonly (Value | undefined)[]): Reading {
  const { shape } = given(context, inputs, 0);
  const { before, after } = amounts(context, inputs, shape.length);
  const source = SOURCES[stringAttribute(context.attributes, 'mode', 'constant')];
  if (!source) return refuse(context, 'this mode is not implemented', `Modes: ${Object.keys(SOURCES).join(', ')}.`);
  const strides = stridesOf(shape);
  const out = shape.map((length, axis) => before[axis]! + length + after[axis]!);
  const tables = out.map((n, axis) =>
    Array.from({ length: n }, (_, i) => {
      const at = source(i - before[axis]!, shape[axis]!);
      return at < 0 ? -1 : at * strides[axis]!;
    }),
  );
  return { shape: out, offsets: tableOffsets(tables) };
}

/** The index that is read for index i of an axis of this length; −1 for the fill. */
const SOURCES: Readonly<Record<string, (i: number, length: number) => number>> = {
  constant: (i, length) => (0 <= i && i < length ? i : -1),
  edge: (i, length) => Math.min(Math.max(i, 0), length - 1),
  // The period of a reflection without repeating the edge is 2(length − 1).
  reflect: (i, length) => {
    const period = Math.max(1, 2 * (length - 1));
    const at = ((i % period) + period) % period;
    return length === 1 ? 0 : Math.min(at, period - at);
  },
  wrap: (i, length) => ((i % length) + length) % length,
};

function amounts(context: OperatorContext, inputs: readonly (Value | undefined)[], rank: number) {
  const pads =
    context.opset >= 11 ? numbersOf(given(context, inputs, 1)) : intsAttribute(context.attributes, 'pads', []);
  const axes = inputs[3] ? numbersOf(inputs[3]).map((a) => axisIn(context, a, rank)) : [...Array(rank).keys()];
  const before = Array.from({ length: rank }, () => 0);
  const after = [...before];
  for (const [i, axis] of axes.entries()) {
    before[axis] = pads[i]!;
    after[axis] = pads[i + axes.length]!;
  }
  return { before, after };
}
