import type { GraphNode, Wiring } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';
import type { ForwardContext } from '../types/rule.ts';
import { isParameter } from './_graph.ts';

/** What scores go through on their way to the softmax: one product of matrices at most, and what keeps or moves elements. */
const PASSES = [
  'Add',
  'Sub',
  'Mul',
  'Div',
  'Where',
  'Reshape',
  'Transpose',
  'Cast',
  'Clip',
  'Max',
  'Min',
  'Identity',
  'Tanh',
  'Squeeze',
  'Unsqueeze',
];

/** How far the softmax may be. */
const MOST_STEPS = 24;

/** True where the tensor becomes attention scores: it reaches a Softmax through no more than `products` MatMuls. */
export function reachesSoftmax(wiring: Wiring, tensor: string, products = 1): boolean {
  const open = [{ tensor, products }];
  for (let step = 0; step < MOST_STEPS && open.length > 0; step++) {
    const next = open.shift() as { tensor: string; products: number };
    for (const reader of wiring.consumers.get(next.tensor) ?? []) {
      if (reader.op === 'Softmax') return true;
      const left = isProduct(reader) ? next.products - 1 : next.products;
      if (left < 0 || (left === next.products && !PASSES.includes(reader.op))) continue;
      // A product with a weight is a layer of its own: what reaches a softmax behind it are logits, not scores.
      if (left < next.products && reader.inputs.some((name) => isParameter({ wiring }, name))) continue;
      for (const output of reader.outputs) if (output !== '') open.push({ tensor: output, products: left });
    }
  }
  return false;
}

/** True where the tensor holds attention scores, or what their product is made of: queries times keys, on the way to a softmax. */
export function becomesScores(wiring: Wiring, tensor: string): boolean {
  if (reachesSoftmax(wiring, tensor, 0)) return madeByProduct(wiring, tensor);
  return reachesSoftmax(wiring, tensor, 1);
}

function madeByProduct(wiring: Wiring, tensor: string): boolean {
  let at = wiring.producer.get(tensor);
  for (let step = 0; step < MOST_STEPS && at !== undefined; step++) {
    if (isProduct(at)) return !at.inputs.some((name) => isParameter({ wiring }, name));
    if (!PASSES.includes(at.op)) return false;
    at = at.inputs
      .map((name) => wiring.producer.get(name))
      .find((maker) => maker !== undefined && maker.op !== 'Constant');
  }
  return false;
}

const isProduct = ({ op }: GraphNode): boolean => op === 'MatMul' || op === 'Einsum';

/** True where the tensor is what a softmax's weights were multiplied into: a MatMul after a Softmax. */
export function comesFromSoftmax(wiring: Wiring, tensor: string): boolean {
  let at = wiring.producer.get(tensor);
  for (let step = 0; step < MOST_STEPS && at !== undefined; step++) {
    if (at.op === 'MatMul' || at.op === 'Einsum')
      return wiring.producer.get(at.inputs[0] as string)?.op === 'Softmax' || weighted(wiring, at.inputs[0] as string);
    if (!PASSES.includes(at.op)) return false;
    at = wiring.producer.get(at.inputs[0] as string);
  }
  return false;
}

/** Softmax weights, perhaps through dropout or a cast. */
function weighted(wiring: Wiring, tensor: string): boolean {
  const maker = wiring.producer.get(tensor);
  if (maker === undefined || !['Dropout', 'Cast', 'Identity', 'Where', 'Mul'].includes(maker.op)) return false;
  return wiring.producer.get(maker.inputs[0] as string)?.op === 'Softmax';
}

/** From here on a score counts as masked: exp of it is 0. */
const MASKED = -1e3;

/** True for what hides scores where it is added or put in their place: nothing but very negative numbers, and 0 where it is added. */
export function isMask(value: Value | undefined, added: boolean): boolean {
  if (value === undefined || value.data.length === 0) return false;
  const hidden = value.data.filter((x) => x <= MASKED).length;
  return hidden > 0 && value.data.every((x) => x <= MASKED || (added && x === 0));
}

/** The one number that an input holds, or null. */
export function numberAt({ inputs }: ForwardContext, slot: number): number | null {
  const value = inputs[slot];
  return value !== undefined && value.data.length === 1 ? (value.data[0] as number) : null;
}
