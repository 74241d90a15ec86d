import { backwardRank, forwardRank, type Wiring } from '../graph.ts';
import type { Findings, Site, TensorReport } from '../types/report.ts';
import type { Direction } from '../types/trace.ts';

/** What puts each direction in its own order: forward as executed, backward from the last layer to the first. */
const ORDER: Record<Direction, (wiring: Wiring, tensor: string) => number> = {
  forward: forwardRank,
  backward: (wiring, tensor) => -backwardRank(wiring, tensor),
};

/** Stage 6: from verdicts to faulty layers and the first of them; one walk for both directions. */
export function locate(rows: readonly TensorReport[], wiring: Wiring, direction: Direction): Findings {
  const rank = ORDER[direction];
  const faulty = rows
    .filter((row) => row.direction === direction && row.verdict === 'mismatch')
    .map((row, index) => ({ row, index, rank: rank(wiring, row.tensor) }))
    .sort((a, b) => a.rank - b.rank || a.index - b.index)
    .map(({ row }) => siteOf(row));
  return { firstDivergence: faulty[0] ?? null, faulty };
}

/** The place that a row of the comparison speaks of. */
export function siteOf({ tensor, direction, layer, op }: TensorReport): Site {
  return { tensor, direction, layer, op, cause: null, candidates: [] };
}
