import { intAttribute } from '../attributes.ts';
import { FROM_OUTPUT } from '../rules/_slopes.ts';
import { axisOf, sizeOf } from '../shape.ts';
import type { GraphNode } from '../types/graph.ts';
import type { Value } from '../types/oracle.ts';

/**
 * What an operator sends back where its derivative is written in terms of its output, and that output is `y`: right code behind a wrong
 * output. Null for operators whose derivative is not written so.
 */
export function gradientByOutput(node: GraphNode, y: Value, dy: Value): Float64Array | null {
  if (y.data.length !== dy.data.length) return null;
  const derivative = node.op === 'Relu' ? (out: number) => (out > 0 ? 1 : 0) : FROM_OUTPUT[node.op]?.(node.attributes);
  if (derivative !== undefined) return dy.data.map((d, i) => d * derivative(y.data[i] as number));
  if (node.op !== 'Softmax' && node.op !== 'LogSoftmax') return null;
  const axis = axisOf(intAttribute(node.attributes, 'axis', -1), y.shape.length);
  const [size, inner] = [y.shape[axis] as number, sizeOf(y.shape.slice(axis + 1))];
  const lineOf = (i: number): number => Math.floor(i / (size * inner)) * inner + (i % inner);
  const sums = new Float64Array(y.data.length / size);
  const weight = (i: number): number => (node.op === 'Softmax' ? (y.data[i] as number) : 1);
  dy.data.forEach((d, i) => {
    const line = lineOf(i);
    sums[line] = (sums[line] as number) + d * weight(i);
  });
  return dy.data.map((d, i) => {
    const [out, sum] = [y.data[i] as number, sums[lineOf(i)] as number];
    return node.op === 'Softmax' ? out * (d - sum) : d - Math.exp(out) * sum;
  });
}
