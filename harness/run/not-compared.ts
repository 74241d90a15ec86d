import { keyOf } from '../stages/5-judge.ts';
import type { ReplayPlan } from '../stages/4-replay.ts';
import type { TensorType } from '../types/adapter.ts';
import type { Pair } from '../types/pair.ts';
import type { TensorReport } from '../types/report.ts';
import type { Direction } from '../types/trace.ts';

/** A row for every pair that no answer came for: shapes that do not fit, or a backward pass that could not be run. */
export function notCompared(
  plan: ReplayPlan,
  rows: readonly TensorReport[],
  pairs: ReadonlyMap<string, Pair>,
  types: ReadonlyMap<string, TensorType>,
  refusals: ReadonlyMap<string, string>,
): readonly TensorReport[] {
  const seen = new Set(rows.map((row) => keyOf(row.tensor, row.direction)));
  const open: TensorReport[] = [];
  const startless =
    plan.loss === null && plan.seeds.size === 0
      ? 'the backward pass has no start: no scalar loss, and no recorded gradient of an output'
      : null;
  for (const pair of pairs.values()) {
    const reason = plan.incomparable.get(pair.tensor);
    const unanswered = refusals.get(pair.tensor) ?? 'the reference has no gradient for it';
    const asked = plan.local.wantGradients.includes(pair.tensor) ? unanswered : startless;
    for (const direction of ['forward', 'backward'] as const) {
      const source = direction === 'forward' ? pair.value : pair.gradient;
      const why = reason ?? (direction === 'backward' ? asked : null);
      if (source === null || why === null || seen.has(keyOf(pair.tensor, direction))) continue;
      open.push(incomparableRow(pair, direction, why, plan, types));
    }
  }
  return open;
}

function incomparableRow(
  pair: Pair,
  direction: Direction,
  reason: string,
  { wiring }: ReplayPlan,
  types: ReadonlyMap<string, TensorType>,
): TensorReport {
  const node = wiring.producer.get(pair.tensor);
  const type = types.get(pair.tensor) as TensorType;
  return {
    tensor: pair.tensor,
    subjectName: pair.subjectName,
    direction,
    layer: node?.name ?? pair.tensor,
    op: node?.op ?? 'Input',
    verdict: 'incomparable',
    band: null,
    local: null,
    chained: null,
    allowed: null,
    shape: type.shape,
    dtype: type.dtype,
    why: pair.why,
    excluded: 0,
    reason,
  };
}
