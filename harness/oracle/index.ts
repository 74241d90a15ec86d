import type { Graph } from '../types/graph.ts';
import type { Answers, Arithmetic, Oracle, OracleRequest } from '../types/oracle.ts';
import { float32, float64 } from './arithmetic.ts';
import { createDifferentiator, type Gradient } from './differentiate.ts';
import { createEvaluator, notImplemented } from './evaluate.ts';
import { createMemo, KEPT_BYTES } from './memo.ts';
import { planOf } from './plan.ts';
import { answersAt, beforeRounding } from './sample.ts';

export type { Answers, AnswersAt, Oracle, OracleRequest, Value } from '../types/oracle.ts';
export { random32 } from './arithmetic.ts';
export { implementedOperators, operatorOf } from './registry.ts';
export { fromSource, fromTensor, toTensor } from './value.ts';

/**
 * The oracle: a plain interpreter of ONNX operators, in float64 (R64) and in sequential float32 (N32).
 * Nothing is computed until it is asked for, and then only back to the nearest cuts.
 * @param naive another arithmetic in the place of N32, e.g. {@link random32}
 * @param keptBytes how much of what was computed is kept from one question to the next; the answers are the same for every bound
 */
export function createOracle(
  graph: Graph,
  request: OracleRequest,
  naive: Arithmetic = float32,
  keptBytes = KEPT_BYTES,
): Oracle {
  const plan = planOf(graph, request);
  const memo = createMemo(plan, request, keptBytes);
  const r64 = createEvaluator(plan, request, float64, memo.r64);
  const n32 = createEvaluator(plan, request, naive, memo.n32);
  const differentiator = createDifferentiator(plan, request, r64, n32, memo);
  const asked = <T>(answer: T): T => (memo.trim(), answer);
  return {
    value: (name): Answers => {
      const reason = plan.forwardReason(name);
      if (reason !== null) throw notImplemented(reason, name);
      // Each arithmetic only where it is read.
      return {
        get r64() {
          return asked(r64.output(name));
        },
        get n32() {
          return asked(n32.output(name));
        },
      };
    },
    gradient: (name): Gradient => asked(differentiator.arriving(name)),
    at: (name, direction, elements) => asked(answersAt({ plan, request, r64, n32 }, name, direction, elements)),
    beforeRounding: (name) => asked(beforeRounding({ plan, request, r64, n32 }, name)),
    supports: (name, direction) => (direction === 'forward' ? plan.forwardReason(name) : plan.backwardReason(name)),
  };
}
