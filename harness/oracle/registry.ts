import type { GraphNode } from '../types/graph.ts';
import type { Operator } from '../types/oracle.ts';
import { operators } from './ops/_list.ts';

/** The operator of a node, or null where none is implemented. */
export function operatorOf(node: GraphNode): Operator | null {
  return BY_NAME.get(keyOf(node.domain, node.op)) ?? null;
}

/** Every implemented operator, `domain.Op` outside ai.onnx, in alphabetical order. */
export function implementedOperators(): readonly string[] {
  return [...BY_NAME.keys()].toSorted();
}

/** `Conv`, or `com.microsoft.Gelu` outside ai.onnx. */
export function keyOf(domain: string | undefined, op: string): string {
  return domain === undefined || domain === '' || domain === 'ai.onnx' ? op : `${domain}.${op}`;
}

/** The version of a node's operator set; a sub-graph that says nothing has its parent's. */
export function opsetOf(node: GraphNode, opsets: ReadonlyMap<string, number>, outer?: ReadonlyMap<string, number>) {
  const names = node.domain === '' || node.domain === 'ai.onnx' ? ['', 'ai.onnx'] : [node.domain];
  for (const map of [opsets, outer]) for (const name of names) if (map?.has(name)) return map.get(name) as number;
  return 1;
}

const BY_NAME: ReadonlyMap<string, Operator> = new Map(operators.map((o) => [keyOf(o.domain, o.op), o]));
