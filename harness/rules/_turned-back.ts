import { intAttribute } from '../attributes.ts';
import type { Value } from '../types/oracle.ts';
import type { Attributes } from '../types/graph.ts';
import type { BackwardContext } from '../types/rule.ts';

type Values = readonly (Value | undefined)[];

/** More single examples than this are not taken apart. */
const MOST_EXAMPLES = 2048;

/** True where the state enters the gates by products with the recurrence alone, so that the way back through these can be replaced. */
export const canTurn = (op: string, attributes: Attributes, steps: number, batch: number): boolean =>
  steps * batch <= MOST_EXAMPLES && (op !== 'GRU' || intAttribute(attributes, 'linear_before_reset', 0) !== 0);

/**
 * What one step sends back to the state before it, where each gate's block of the recurrence is used as it is instead of transposed.
 * @param right what the step sends back rightly: [1, batch, hidden]
 * @param inputs of the one step: x, W, R, B, lengths, h, c, P
 */
export function turnedBack(
  { vjp, node }: Pick<BackwardContext, 'vjp' | 'node'>,
  right: Value,
  inputs: Values,
  cotangents: Values,
  attributes: Attributes,
): Value | null {
  const recurrence = inputs[2] as Value;
  const [, batch = 1, hidden = 1] = right.shape;
  const rows = recurrence.data.length / hidden;
  const bias = inputs[3] ?? { ...recurrence, shape: [1, 2 * rows], data: new Float64Array(2 * rows) };
  const out = right.data.slice();
  for (let b = 0; b < batch; b++) {
    const one = inputs.map((value, slot) => (slot === 3 ? bias : [0, 5, 6].includes(slot) ? example(value, b) : value));
    const parts = vjp({ op: node.op, inputs: one, attributes, cotangents: cotangents.map((dy) => example(dy, b)) });
    // The recurrent bias gets what arrives at each gate's product, of this one example.
    const gates = parts?.[3]?.data.subarray(rows);
    if (gates === undefined) return null;
    gates.forEach((d, row) => {
      const [from, j] = [row - (row % hidden), row % hidden];
      for (let i = 0; i < hidden; i++) {
        const asItIs = recurrence.data[(from + i) * hidden + j] as number;
        const at = b * hidden + i;
        out[at] = (out[at] as number) + d * (asItIs - (recurrence.data[row * hidden + i] as number));
      }
    });
  }
  return { ...right, data: out };
}

/** One example of a batch, which lies in the last axis but one. */
function example(value: Value | undefined, b: number): Value | undefined {
  if (value === undefined) return undefined;
  const [size, rank] = [value.shape.at(-1) ?? 1, value.shape.length];
  const shape = value.shape.map((length, axis) => (axis === rank - 2 ? 1 : length));
  return { ...value, shape, data: value.data.slice(b * size, (b + 1) * size) };
}
