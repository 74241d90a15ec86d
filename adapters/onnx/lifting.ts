import type { GraphNode } from '../../harness/types/graph.ts';
import type { Concrete, Emitter } from './rule.ts';

/** How an operator is written at an opset other than WORKING_OPSET. */
export interface Lift {
  readonly op: string;
  /** '' (ai.onnx) unless said. */
  readonly domain?: string;
  lift(node: GraphNode, opset: number, concrete: Concrete, emitter: Emitter): readonly GraphNode[];
}
