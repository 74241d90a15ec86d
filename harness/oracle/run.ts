import { isFloat } from '../tensor.ts';
import type { GraphNode } from '../types/graph.ts';
import type { OperatorContext, Value } from '../types/oracle.ts';
import { arithmeticFor, float64 } from './arithmetic.ts';
import { operatorOf } from './registry.ts';

type Values = readonly (Value | undefined)[];

/** One operator by itself in float64; null where it is not implemented, needs a scope around it, or refuses its inputs. */
export function runOperator(node: GraphNode, inputs: Values, opset: number): Values | null {
  const operator = operatorOf(node);
  if (operator === null) return null;
  return attempt(() => operator.forward(contextOf(node, opset, inputs), inputs));
}

/** The vector-Jacobian product of one operator by itself in float64; null where there is none. */
export function vjpOperator(
  node: GraphNode,
  opset: number,
  given: { readonly inputs: Values; readonly outputs?: Values; readonly cotangents: Values },
): Values | null {
  const operator = operatorOf(node);
  if (operator?.vjp === undefined) return null;
  const { inputs, cotangents } = given;
  const outputs = given.outputs ?? runOperator(node, inputs, opset);
  if (outputs === null) return null;
  const noise = inputs.map(() => 0);
  const needs = inputs.map((input) => input !== undefined && isFloat(input.dtype));
  const context = { ...contextOf(node, opset, inputs), inputs, outputs, cotangents, noise, needs };
  return attempt(() => operator.vjp?.(context).map((part) => part?.value) ?? null);
}

function contextOf(node: GraphNode, opset: number, inputs: Values): OperatorContext {
  const run = (): never => {
    throw new Error('sub-graphs need a scope around them');
  };
  return { node, attributes: node.attributes, opset, arithmetic: arithmeticFor(float64, inputs), run };
}

/** What an operator cannot compute (shapes that do not fit, a case it refuses) is no answer: hypotheses are allowed to be impossible. */
function attempt<T>(compute: () => T | null): T | null {
  try {
    return compute();
  } catch {
    return null;
  }
}
