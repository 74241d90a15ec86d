import type { Cause, ErrorMap, Measures, Report, Site, TensorReport } from '../../harness/types/report.ts';
import type { Direction } from '../../harness/types/trace.ts';
import {
  causesOf,
  type Counts,
  countsOf,
  DIRECTIONS,
  distance,
  inExecutionOrder,
  judgedByLayer,
  keyOf,
  rowIndex,
  sitesOf,
  timesAllowed,
  unknownCause,
  unseenWithoutRow,
  whereText,
} from '../shared/facts.ts';
import { nameText, proseText, visible } from '../shared/text.ts';
import { votesText } from '../shared/votes.ts';
import { type PackedMap, packedCells, packMap } from './levels.ts';

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
  /** Place among the rows, or -1: updates have none. */
  readonly row: number;
  /** How far off, in words; null where it was not measured. */
  readonly distance: string | null;
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
  /** What is said where a site has neither cause nor candidate. */
  readonly unknownCause: string;
  /** True where layers were judged on their own inputs. */
  readonly byLayer: boolean;
  /** What each of several references says. */
  readonly votes: readonly string[];
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
  const detailed = detailedRows(kept, notes);
  const position = new Map(kept.map(([row], i) => [keyOf(row), i]));
  const measured = rowIndex(report);
  return {
    outcome: report.outcome,
    where: whereText(report),
    ...packSides(report),
    counts: countsOf(report),
    each: { forward: countsOf(report, 'forward'), backward: countsOf(report, 'backward') },
    rows: kept.map(([row, order]) => packRow(row, order, detailed.has(row))),
    sites: sitesOf(report).map((site) => {
      const row = measured.get(keyOf(site));
      return packSite(site, position.get(keyOf(site)) ?? -1, row === undefined ? null : distance(row));
    }),
    unknownCause: unknownCause(report),
    byLayer: judgedByLayer(report),
    votes: votesText(report),
    unseen: unseenWithoutRow(report)
      .slice(0, MOST_LISTED)
      .map((u) => ({ ...u, tensor: nameText(u.tensor) })),
    notes,
    rerun: visible(report.rerun),
    timing: report.timing,
  };
}

function packSides({ subject, reference }: Report): Pick<PageData, 'subject' | 'reference'> {
  return {
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

/** The rows whose maps and worst elements fit into the page: those of mismatches first. */
function detailedRows(rows: readonly Ordered[], notes: string[]): ReadonlySet<TensorReport> {
  const fits = new Set<TensorReport>();
  let left = DETAIL_BYTES;
  for (const failing of [true, false]) {
    for (const [row] of rows) {
      if ((row.verdict === 'mismatch') !== failing) continue;
      left -= detailBytes(row);
      if (left >= 0) fits.add(row);
    }
  }
  const bare = rows.length - fits.size;
  if (bare > 0)
    notes.push(`To keep this page small, ${bare} rows have no map and no elements here; the JSON report has them.`);
  return fits;
}

/** About what the details of a row take: a byte a cell, 120 an element. */
function detailBytes({ map, local, chained }: TensorReport): number {
  const elements = [local, chained].reduce((sum, m) => sum + Math.min(MOST_WORST, m?.worst.length ?? 0), 0);
  return 100 + 120 * elements + (map === undefined ? 0 : packedCells(map));
}

function packRow(row: TensorReport, order: number, detailed: boolean): PageRow {
  const { map, ...rest } = row;
  return {
    ...rest,
    tensor: nameText(row.tensor),
    subjectName: nameText(row.subjectName),
    layer: nameText(row.layer),
    op: row.op && nameText(row.op),
    local: packMeasures(row.local, detailed),
    chained: packMeasures(row.chained, detailed),
    allowed: row.allowed && { rms: row.allowed.rms, because: proseText(row.allowed.because) },
    why: proseText(row.why),
    ...(row.reason === undefined ? {} : { reason: proseText(row.reason) }),
    order,
    times: jsonTimes(timesAllowed(row.local, row)),
    timesChained: jsonTimes(timesAllowed(row.chained, row)),
    distance: distance(row),
    ...(map !== undefined && detailed ? { map: packAxes(map) } : {}),
  };
}

function packMeasures(measures: Measures | null, detailed: boolean): Measures | null {
  return measures && { ...measures, worst: detailed ? measures.worst.slice(0, MOST_WORST) : [] };
}

function packAxes(map: ErrorMap): PackedMap {
  return packMap({ ...map, axes: [nameText(map.axes[0]), nameText(map.axes[1])] });
}

function packSite(site: Site, row: number, far: string | null): PageSite {
  return {
    ...site,
    tensor: nameText(site.tensor),
    layer: nameText(site.layer),
    op: site.op && nameText(site.op),
    cause: site.cause && packCause(site.cause),
    candidates: causesOf(site)
      .filter((cause) => cause !== site.cause)
      .map(packCause),
    row,
    distance: far,
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
