import { check } from '../check.ts';
import { recordReference } from '../record.ts';
import type { Reference, Subject } from '../types/adapter.ts';
import type { TensorReport } from '../types/report.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Direction, Trace } from '../types/trace.ts';

/** What both references are run on: inputs by their names, and where the backward pass starts. */
export interface Start {
  readonly inputs: ReadonlyMap<string, TensorSource>;
  readonly loss: string | null;
  /** Gradients that it starts from, where there is no loss. */
  readonly seeds: ReadonlyMap<string, TensorSource>;
}

/** Whom the oracle, running the judge's own graph, has something against: the judged reference, the judge, both, nobody, or it cannot tell. */
export interface Finding {
  readonly tensor: string;
  /** The judged reference's name of it. */
  readonly theirName: string;
  readonly direction: Direction;
  readonly against: 'judged' | 'judge' | 'both' | 'unknown';
  readonly because: string;
}

/** One reference's own trace: every value and gradient that it has. */
export const traceOf = (reference: Reference, { inputs, loss, seeds }: Start): Promise<Trace> =>
  recordReference(reference, inputs, loss, { seeds, refused: () => {} });

/** Holds one reference's trace against another, layer by layer, on the very inputs: only what they do not share is a finding. */
export async function crossExamine(
  judged: { readonly name: string; readonly trace: Trace },
  judge: Reference,
  { inputs, loss, seeds }: Start,
): Promise<readonly Finding[]> {
  const subject: Subject = {
    name: judged.name,
    kind: 'trace',
    producer: null,
    runs: false,
    run: async () => ({ trace: judged.trace, observations: [] }),
    release: async () => {},
  };
  const report = await check(subject, judge, { inputs, loss, seeds: [...seeds.keys()], rules: [] });
  return report.tensors.flatMap(findingOf);
}

function findingOf(row: TensorReport): Finding[] {
  const { tensor, subjectName, direction, verdict, reason, suspect, allowed, local } = row;
  const wrong = verdict === 'mismatch';
  if (!wrong && suspect === undefined) return [];
  const blind = reason?.startsWith('no oracle') === true || row.op === 'Parameter' || row.op === 'Input';
  const against = blind ? 'unknown' : suspect === undefined ? 'judged' : wrong ? 'both' : 'judge';
  const measured = local === null ? '' : `rms error ${local.rms}, allowed ${allowed?.rms}`;
  return [{ tensor, theirName: subjectName, direction, against, because: reason ?? suspect ?? measured }];
}
