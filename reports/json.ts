import type {
  Cause,
  ErrorMap,
  Findings,
  JsonNumber,
  Measures,
  Report,
  Site,
  TensorReport,
  WorstElement,
} from '../harness/types/report.ts';
import type { Format } from './format.ts';

/** The contract: every other format is drawn from it. Keys are in the contract's order, lists of numbers on one line. */
export const json: Format = {
  id: 'json',
  extension: 'json',
  render: (report) => `${write(inOrder(report), '')}\n`,
};

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
    reference: {
      name: reference.name,
      kind: reference.kind,
      version: reference.version,
      backward: reference.backward,
    },
    forward: findings(report.forward),
    backward: findings(report.backward),
    tensors: report.tensors.map(tensor),
    unseen: report.unseen.map(({ tensor, missing }) => ({ tensor, missing })),
    notes: report.notes,
    rerun: report.rerun,
    timing: { seconds: seconds(timing.seconds), peakBytes: timing.peakBytes },
  };
}

/** Indented by two spaces; a list of numbers stays on its line. */
export function write(value: unknown, indent: string): string {
  if (typeof value === 'number') return JSON.stringify(jsonNumber(value));
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.every((x) => x === null || typeof x === 'number'))
      return `[${value.map((x) => write(x, '')).join(', ')}]`;
    return block(
      '[',
      ']',
      indent,
      value.map((x) => write(x, inner)),
    );
  }
  const entries = Object.entries(value).filter(([, x]) => x !== undefined);
  return block(
    '{',
    '}',
    indent,
    entries.map(([key, x]) => `${quoted(key)}: ${write(x, inner)}`),
  );
}

function block(open: string, close: string, indent: string, lines: readonly string[]): string {
  if (lines.length === 0) return open + close;
  return `${open}\n${lines.map((line) => `${indent}  ${line}`).join(',\n')}\n${indent}${close}`;
}

/** The same string, with what a terminal would act on or a reader would not see written as its code. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => c.split('').map(code).join(''));
}

function code(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function jsonNumber(x: JsonNumber): JsonNumber {
  return typeof x === 'string' || Number.isFinite(x) ? x : (String(x) as JsonNumber);
}

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
  map: t.map && errorMap(t.map),
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
