import type { Graph } from '../types/graph.ts';
import type { Answers, Arithmetic, Oracle, OracleRequest } from '../types/oracle.ts';
import { float32, float64 } from './arithmetic.ts';
import { createDifferentiator, type Gradient } from './differentiate.ts';
import { createEvaluator, notImplemented } from './evaluate.ts';
import { planOf } from './plan.ts';

export type { Answers, Oracle, OracleRequest, Value } from '../types/oracle.ts';
export { random32 } from './arithmetic.ts';
export { implementedOperators, operatorOf } from './registry.ts';
export { fromSource, fromTensor, toTensor } from './value.ts';

/**
 * The oracle: a plain interpreter of ONNX operators, in float64 (R64) and in sequential float32 (N32).
 * Nothing is computed until it is asked for, and then only back to the nearest cuts.
 * @param naive another arithmetic in the place of N32, e.g. {@link random32}
 */
export function createOracle(graph: Graph, request: OracleRequest, naive: Arithmetic = float32): Oracle {
  const plan = planOf(graph, request);
  const r64 = createEvaluator(plan, request, float64);
  const n32 = createEvaluator(plan, request, naive);
  const differentiator = createDifferentiator(plan, request, r64, n32);
  return {
    value: (name): Answers => {
      const reason = plan.forwardReason(name);
      if (reason !== null) throw notImplemented(reason, name);
      // Each arithmetic only where it is read.
      return {
        get r64() {
          return r64.output(name);
        },
        get n32() {
          return n32.output(name);
        },
      };
    },
    gradient: (name): Gradient => differentiator.arriving(name),
    supports: (name, direction) => (direction === 'forward' ? plan.forwardReason(name) : plan.backwardReason(name)),
  };
}
