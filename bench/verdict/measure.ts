import { float32 } from '../../harness/oracle/arithmetic.ts';
import type { TensorReport } from '../../harness/types/report.ts';
import type { Tensor } from '../../harness/types/tensor.ts';
import { type Bug, withBug } from './bug.ts';
import { drawn, type Plan } from './cases.ts';
import { type Correct, correctRuns, interpreted } from './correct.ts';
import { type Bench, openBench, type Run } from './jury.ts';
import { RULES } from './others.ts';

/** One tensor of a correct implementation against the reference. */
export interface HonestPair {
  readonly plan: string;
  readonly seed: number;
  readonly subject: string;
  readonly stored: string;
  readonly row: TensorReport;
  /** How the rules of others decide, by name; null where the tensor is not kept in float32. */
  readonly others: ReadonlyMap<string, boolean> | null;
}

/** One bug, and who saw it. */
export interface Caught {
  readonly bug: Bug;
  readonly seed: number;
  readonly row: TensorReport;
  readonly others: ReadonlyMap<string, boolean>;
  /** Right tensors of the same layer that were blamed besides. */
  readonly blamed: readonly string[];
}

/** Every pair of a case's correct implementations with the reference, in both directions. */
export async function measureHonest(plan: Plan, seed: number): Promise<readonly HonestPair[]> {
  return onBench(plan, seed, async (bench) => {
    const pairs: HonestPair[] = [];
    for (const correct of await correctRuns(bench))
      for (const row of await bench.judge(correct.run, correct.stored))
        pairs.push(pairOf(plan, seed, correct, bench, row));
    return pairs;
  });
}

function pairOf(plan: Plan, seed: number, { name, stored, run }: Correct, bench: Bench, row: TensorReport): HonestPair {
  const others = stored === 'float32' ? decided(run, bench.reference, row.tensor) : null;
  return { plan: plan.name, seed, subject: name, stored, row, others };
}

/** The bugs of a case, each by itself. */
export async function measureBugs(plan: Plan, seed: number, bugs: readonly Bug[]): Promise<readonly Caught[]> {
  return onBench(plan, seed, async (bench) => {
    const right = interpreted(bench, float32);
    const found: Caught[] = [];
    for (const bug of bugs) {
      const run = withBug(bench, right, bug);
      const rows = await bench.judge(run);
      const row = rows.find(({ tensor }) => tensor === bug.target);
      if (row === undefined) throw new Error(`${plan.name}: ${bug.target} was not compared`);
      // What is computed from a wrong y is no longer right on it.
      const others = bug.target === 'y' ? [] : rows.filter((other) => other !== row && other.verdict === 'mismatch');
      const blamed = others.map(({ tensor }) => tensor);
      found.push({ bug, seed, row, others: decided(run, bench.reference, bug.target), blamed });
    }
    return found;
  });
}

async function onBench<T>(plan: Plan, seed: number, measure: (bench: Bench) => Promise<T>): Promise<T> {
  const bench = await openBench(drawn(plan, seed));
  try {
    return await measure(bench);
  } finally {
    await bench.release();
  }
}

function decided(run: Run, reference: Run, tensor: string): ReadonlyMap<string, boolean> {
  const pick = ({ y, gradients }: Run): Tensor => (tensor === 'y' ? y : (gradients.get(tensor) as Tensor));
  return new Map(RULES.map(({ name, passes }) => [name, passes(pick(run), pick(reference))]));
}
