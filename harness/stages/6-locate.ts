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
    .map((row) => ({ row, rank: rank(wiring, row.tensor) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ row }) => row);
  const told = direction === 'forward' ? withoutSideOutputs(faulty, rows, wiring) : faulty;
  const sites = told.map(siteOf);
  return { firstDivergence: sites[0] ?? null, faulty: sites };
}

/**
 * A layer that is wrong is told once: an output that nothing reads (an LSTM's last state) goes with the one that the network
 * does read, where that is wrong too. Its row keeps its verdict.
 */
function withoutSideOutputs(
  faulty: readonly TensorReport[],
  rows: readonly TensorReport[],
  wiring: Wiring,
): readonly TensorReport[] {
  const recorded = new Set(rows.filter((row) => row.direction === 'forward').map((row) => row.tensor));
  const wrong = new Set(faulty.map((row) => row.tensor));
  const outputs = new Set(wiring.graph.outputs.map((output) => output.name));
  const isSide = (tensor: string): boolean => !wiring.consumers.has(tensor) && !outputs.has(tensor);
  return faulty.filter(({ tensor }) => {
    const together = wiring.producer.get(tensor)?.outputs ?? [];
    return (
      !isSide(tensor) ||
      !together.some((name) => !isSide(name) && surfaces(name, recorded, wiring).some((t) => wrong.has(t)))
    );
  });
}

/** The recorded tensors through which an output shows: itself, or what is made of it where it is not recorded. */
function surfaces(tensor: string, recorded: ReadonlySet<string>, wiring: Wiring): readonly string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  const open = [tensor];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (recorded.has(next)) found.push(next);
    else for (const node of wiring.consumers.get(next) ?? []) open.push(...node.outputs);
  }
  return found;
}

/** The place that a row of the comparison speaks of. */
export function siteOf({ tensor, direction, layer, op }: TensorReport): Site {
  return { tensor, direction, layer, op, cause: null, candidates: [] };
}
