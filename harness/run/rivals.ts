import { type Diagnosed } from '../diagnosis/index.ts';
import { toldApart } from '../diagnosis/probe.ts';
import type { Session } from '../diagnosis/session.ts';
import { conclude } from '../stages/7-diagnose.ts';
import { isFloat } from '../tensor.ts';
import type { Subject } from '../types/adapter.ts';
import type { Site } from '../types/report.ts';
import type { TensorSource } from '../types/tensor.ts';
import type { Aligned } from './aligned.ts';

/**
 * Where several causes explain a layer of a subject that can be run again: the layer is run on inputs made to tell them apart, and only those
 * that still hold are told.
 */
export async function withoutRivals(
  diagnosed: Diagnosed,
  bare: Site,
  session: Session,
  { alignment }: Aligned,
  subject: Subject,
): Promise<Diagnosed> {
  const { rivals, edit } = diagnosed;
  const probe = subject.probe?.bind(subject);
  if (probe === undefined || edit === null || rivals.length < 2) return diagnosed;
  const own = (name: string): string => alignment.pairs.get(name)?.subjectName ?? name;
  const { initializers } = session.wiring.graph;
  const parameters = new Map([...initializers].filter(([, source]) => isFloat(source.dtype)));
  const run = (values: ReadonlyMap<string, TensorSource>): Promise<TensorSource | null> =>
    probe({
      tensor: own(session.tensor),
      inputs: new Map([...values].map(([name, source]) => [own(name), source])),
      parameters,
    });
  const apart = await toldApart(session, rivals, run);
  if (apart === null) return diagnosed;
  const evidence = `told apart by a probe input: the layer was run again on ${apart.by.join(' and ')}, where ${apart.kept.length} of ${rivals.length} explanations still hold`;
  const kept = apart.kept.map((each) => ({
    ...each,
    cause: { ...each.cause, evidence: [evidence, ...each.cause.evidence] },
  }));
  const site = conclude(bare, kept);
  const proven = kept.filter(({ cause }) => cause.id === site.cause?.id && cause.claim === site.cause.claim);
  return { ...diagnosed, site, edit: { site, proven }, rivals: [] };
}
