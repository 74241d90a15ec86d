import type {
  Cause,
  Dispute,
  ErrorMap,
  Findings,
  Measures,
  Report,
  ReportedReference,
  Site,
  TensorReport,
  UpdateReport,
  Vote,
  Votes,
  WorstElement,
} from '../../harness/types/report.ts';

/** Every key must be spelled, optional ones too: a field that a type gains does not compile until it is written here. */
type Spelled<T> = { readonly [K in keyof Required<T>]: unknown };

/**
 * The report with its keys in the contract's order and numbers that JSON cannot hold as strings.
 * Serves where many reports go out as one document.
 */
export function inOrder(report: Report): Spelled<Report> {
  const { subject, reference, timing } = report;
  return {
    format: report.format,
    version: report.version,
    outcome: report.outcome,
    subject: { name: subject.name, kind: subject.kind, producer: subject.producer },
    reference: referenceOf(reference),
    votes: report.votes && votes(report.votes),
    forward: findings(report.forward),
    backward: findings(report.backward),
    tensors: report.tensors.map(tensor),
    unseen: report.unseen.map(({ tensor, missing }) => ({ tensor, missing })),
    updates: report.updates?.map(update),
    notes: report.notes,
    rerun: report.rerun,
    timing: { seconds: seconds(timing.seconds), peakBytes: timing.peakBytes },
  };
}

const referenceOf = (r: ReportedReference): Spelled<ReportedReference> => ({
  name: r.name,
  kind: r.kind,
  version: r.version,
  backward: r.backward,
});

const votes = (v: Votes): Spelled<Votes> => ({
  references: v.references.map(
    (r): Spelled<Vote> => ({ reference: referenceOf(r.reference), outcome: r.outcome, confirmed: r.confirmed }),
  ),
  disputes: v.disputes.map(
    (d): Spelled<Dispute> => ({
      tensor: d.tensor,
      direction: d.direction,
      between: d.between,
      sides: d.sides,
      because: d.because,
    }),
  ),
});

const seconds = (s: Report['timing']['seconds']): Spelled<typeof s> => ({
  reference: s.reference,
  oracle: s.oracle,
  compare: s.compare,
  total: s.total,
});

const findings = (f: Findings): Spelled<Findings> => ({
  firstDivergence: f.firstDivergence && site(f.firstDivergence),
  faulty: f.faulty.map(site),
});

const site = (s: Site): Spelled<Site> => ({
  tensor: s.tensor,
  direction: s.direction,
  layer: s.layer,
  op: s.op,
  cause: s.cause && cause(s.cause),
  candidates: s.candidates.map(cause),
  search: s.search,
});

const cause = (c: Cause): Spelled<Cause> => ({
  id: c.id,
  claim: c.claim,
  fix: c.fix,
  explains: c.explains,
  evidence: c.evidence,
});

const tensor = (t: TensorReport): Spelled<TensorReport> => ({
  tensor: t.tensor,
  subjectName: t.subjectName,
  direction: t.direction,
  layer: t.layer,
  op: t.op,
  verdict: t.verdict,
  band: t.band,
  local: t.local && measures(t.local),
  chained: t.chained && measures(t.chained),
  allowed: t.allowed && { rms: t.allowed.rms, because: t.allowed.because },
  shape: t.shape,
  dtype: t.dtype,
  why: t.why,
  excluded: t.excluded,
  reason: t.reason,
  suspect: t.suspect,
  map: t.map && errorMap(t.map),
});

const update = (u: UpdateReport): Spelled<UpdateReport> => ({
  tensor: u.tensor,
  subjectName: u.subjectName,
  direction: u.direction,
  layer: u.layer,
  verdict: u.verdict,
  local: u.local && measures(u.local),
  chained: u.chained,
  allowed: u.allowed && { rms: u.allowed.rms, because: u.allowed.because },
  shape: u.shape,
  optimizer: u.optimizer,
  inferred: u.inferred,
  why: u.why,
  reason: u.reason,
});

const measures = (m: Measures): Spelled<Measures> => ({
  rms: m.rms,
  maxAbs: m.maxAbs,
  relL2: m.relL2,
  cosine: m.cosine,
  ulpP99: m.ulpP99,
  mismatched: m.mismatched,
  elements: m.elements,
  nonFinite: m.nonFinite,
  worst: m.worst.map(worst),
});

const worst = (w: WorstElement): Spelled<WorstElement> => ({
  index: w.index,
  subject: w.subject,
  reference: w.reference,
  oracle: w.oracle,
});

const errorMap = (m: ErrorMap): Spelled<ErrorMap> => ({
  rows: m.rows,
  columns: m.columns,
  axes: m.axes,
  cells: m.cells,
});
