import type { Cause, ErrorMap, Measures, Report, Site, TensorReport } from '../../harness/types/report.ts';
import type { Direction } from '../../harness/types/trace.ts';
import {
  type Counts,
  countsOf,
  DIRECTIONS,
  distance,
  inExecutionOrder,
  keyOf,
  sitesOf,
  timesAllowed,
  unseenWithoutRow,
  whereText,
} from '../shared/facts.ts';
import { nameText, proseText, visible } from '../shared/text.ts';
import { type PackedMap, packMap } from './levels.ts';

/** One row of the page: the report's, with names made visible and bounded, and its map in a letter a cell. */
export interface PageRow extends Omit<TensorReport, 'map'> {
  /** Position in execution order within its direction. */
  readonly order: number;
  /** How many times what is allowed; `NaN` and infinities as JSON can hold them. */
  readonly times: number | string | null;
  readonly timesChained: number | string | null;
  readonly distance: string;
  readonly map?: PackedMap;
}

export interface PageSite extends Site {
  /** Place among the rows, or -1. */
  readonly row: number;
}

/** All that the page shows, and nothing that it does not. */
export interface PageData {
  readonly outcome: Report['outcome'];
  readonly where: string;
  readonly subject: Report['subject'];
  readonly reference: Report['reference'];
  readonly counts: Counts;
  readonly each: Readonly<Record<Direction, Counts>>;
  /** Forward in execution order, then backward from the last layer to the first. */
  readonly rows: readonly PageRow[];
  readonly sites: readonly PageSite[];
  readonly unseen: Report['unseen'];
  readonly notes: readonly string[];
  readonly rerun: string;
  readonly timing: Report['timing'];
}

/** Bytes that details of rows (maps, worst elements) may take in one page; a browser parses about 70 MB in a second. */
const DETAIL_BYTES = 12_000_000;
const MOST_ROWS = 20_000;
const MOST_WORST = 16;
const MOST_LISTED = 500;

/** What goes into the page. Bounded: what is left out is said in the notes. */
export function packReport(report: Report): PageData {
  const notes = report.notes.slice(0, MOST_LISTED).map(proseText);
  const ordered = DIRECTIONS.flatMap((direction) => inExecutionOrder(report.tensors, direction).map(pair));
  const kept = bounded(ordered, notes);
  const position = new Map(kept.map(([row], i) => [keyOf(row), i]));
  const { subject, reference } = report;
  return {
    outcome: report.outcome,
    where: whereText(report),
    subject: {
      name: nameText(subject.name),
      kind: nameText(subject.kind),
      producer: subject.producer && nameText(subject.producer),
    },
    reference: {
      name: nameText(reference.name),
      kind: nameText(reference.kind),
      version: reference.version && nameText(reference.version),
      backward: proseText(reference.backward),
    },
    counts: countsOf(report),
    each: { forward: countsOf(report, 'forward'), backward: countsOf(report, 'backward') },
    rows: lightened(
      kept.map(([row, order]) => packRow(row, order)),
      notes,
    ),
    sites: sitesOf(report).map((site) => packSite(site, position.get(keyOf(site)) ?? -1)),
    unseen: unseenWithoutRow(report)
      .slice(0, MOST_LISTED)
      .map((u) => ({ ...u, tensor: nameText(u.tensor) })),
    notes,
    rerun: visible(report.rerun),
    timing: report.timing,
  };
}

type Ordered = readonly [row: TensorReport, order: number];
const pair = (row: TensorReport, order: number): Ordered => [row, order];

/** At most {@link MOST_ROWS}: matches go first, as they are what nobody looks for. */
function bounded(rows: readonly Ordered[], notes: string[]): readonly Ordered[] {
  if (rows.length <= MOST_ROWS) return rows;
  const other = rows.filter(([row]) => row.verdict !== 'match').length;
  let room = Math.max(0, MOST_ROWS - other);
  const kept = rows.filter(([row]) => row.verdict !== 'match' || room-- > 0).slice(0, MOST_ROWS);
  notes.push(`This page shows ${kept.length} of ${rows.length} rows; the JSON report has all of them.`);
  return kept;
}

/** Without the maps and worst elements that would not fit: matches lose theirs first. */
function lightened(rows: readonly PageRow[], notes: string[]): readonly PageRow[] {
  const size = (row: PageRow) => JSON.stringify([row.map, row.local?.worst, row.chained?.worst]).length;
  let left = DETAIL_BYTES;
  const fits = new Set<PageRow>();
  for (const failing of [true, false]) {
    for (const row of rows) {
      if ((row.verdict === 'mismatch') !== failing) continue;
      left -= size(row);
      if (left >= 0) fits.add(row);
    }
  }
  const heavy = rows.length - fits.size;
  if (heavy > 0)
    notes.push(`To keep this page small, ${heavy} rows have no map and no elements here; the JSON report has them.`);
  return rows.map((row) => (fits.has(row) ? row : withoutDetail(row)));
}

function withoutDetail({ map: _map, ...row }: PageRow): PageRow {
  const bare = (m: Measures | null) => m && { ...m, worst: [] };
  return { ...row, local: bare(row.local), chained: bare(row.chained) };
}

function packRow(row: TensorReport, order: number): PageRow {
  const { map, ...rest } = row;
  return {
    ...rest,
    tensor: nameText(row.tensor),
    subjectName: nameText(row.subjectName),
    layer: nameText(row.layer),
    op: row.op && nameText(row.op),
    local: packMeasures(row.local),
    chained: packMeasures(row.chained),
    allowed: row.allowed && { rms: row.allowed.rms, because: proseText(row.allowed.because) },
    why: proseText(row.why),
    ...(row.reason === undefined ? {} : { reason: proseText(row.reason) }),
    order,
    times: jsonTimes(timesAllowed(row.local, row)),
    timesChained: jsonTimes(timesAllowed(row.chained, row)),
    distance: distance(row),
    ...(map === undefined ? {} : { map: packAxes(map) }),
  };
}

function packMeasures(measures: Measures | null): Measures | null {
  return measures && { ...measures, worst: measures.worst.slice(0, MOST_WORST) };
}

function packAxes(map: ErrorMap): PackedMap {
  return packMap({ ...map, axes: [nameText(map.axes[0]), nameText(map.axes[1])] });
}

function packSite(site: Site, row: number): PageSite {
  return {
    ...site,
    tensor: nameText(site.tensor),
    layer: nameText(site.layer),
    op: site.op && nameText(site.op),
    cause: site.cause && packCause(site.cause),
    candidates: site.candidates.map(packCause),
    row,
  };
}

function packCause(cause: Cause): Cause {
  return {
    id: nameText(cause.id),
    claim: proseText(cause.claim),
    fix: proseText(cause.fix),
    explains: cause.explains,
    evidence: cause.evidence.map(proseText),
  };
}

function jsonTimes(times: number | null): number | string | null {
  return times === null || Number.isFinite(times) ? times : String(times);
}
