import type { GraphNode } from '../../harness/types/graph.ts';
import type { DataType } from '../../harness/types/tensor.ts';
import { elementNumber } from '../onnx/elements.ts';
import { int } from '../onnx/rule.ts';

/** A node that converts a tensor to another type. */
export function cast(input: string, output: string, to: DataType): GraphNode {
  return {
    name: output,
    op: 'Cast',
    domain: '',
    inputs: [input],
    outputs: [output],
    attributes: { to: int(elementNumber(to)) },
  };
}
