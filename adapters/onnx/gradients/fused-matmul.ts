import { floatAttribute, intAttribute } from '../../../harness/attributes.ts';
import type { GradientContext, GradientRule } from '../rule.ts';
import { ints } from '../rule.ts';
import { mathOf } from './_math.ts';
import type { Factor } from './_matmul.ts';
import { matMulGradients } from './_matmul.ts';

/** alpha · op(A) · op(B), where op moves the first axis behind the batch axes (transBatch), then swaps the last two (trans). */
export const fusedMatMul: GradientRule = {
  op: 'FusedMatMul',
  domain: 'com.microsoft',
  gradient(context) {
    const y = context.outputs[0] as string;
    const alpha = floatAttribute(context.attributes, 'alpha', 1);
    const dy = context.cotangents[0] as string;
    const scaled = alpha === 1 ? dy : mathOf(context, context.dtype(y)).mul(dy, alpha);
    const orders = [orderOf(context, 0), orderOf(context, 1)];
    const factors = orders.map((order, slot) => moved(context, slot, order));
    return matMulGradients(context, scaled, factors).map((gradient, slot) => {
      const order = orders[slot] as number[];
      if (gradient === undefined || isIdentity(order)) return gradient;
      return context.emit('Transpose', [gradient], { perm: ints(order.map((_, axis) => order.indexOf(axis))) });
    });
  },
};

function orderOf(context: GradientContext, slot: number): number[] {
  const side = slot === 0 ? 'A' : 'B';
  let order = context.shape(context.inputs[slot] as string).map((_, axis) => axis);
  if (order.length < 2) return order;
  if (intAttribute(context.attributes, `transBatch${side}`, 0) !== 0) {
    order = [...order.slice(1, -1), 0, order.length - 1];
  }
  if (intAttribute(context.attributes, `trans${side}`, 0) === 0) return order;
  return [...order.slice(0, -2), order.at(-1) as number, order.at(-2) as number];
}

function moved(context: GradientContext, slot: number, order: readonly number[]): Factor {
  const name = context.inputs[slot] as string;
  const shape = context.shape(name);
  return {
    name: isIdentity(order) ? name : context.emit('Transpose', [name], { perm: ints(order) }),
    shape: order.map((axis) => shape[axis] as number),
    needed: context.needs(slot),
  };
}

const isIdentity = (order: readonly number[]): boolean => order.every((axis, k) => axis === k);
