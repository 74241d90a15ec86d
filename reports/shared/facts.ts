import type { Cause, Measures, Report, Site, TensorReport, UpdateReport, Verdict } from '../../harness/types/report.ts';
import type { Direction } from '../../harness/types/trace.ts';
import { grouped, numberOf, percent, plural, short } from './number.ts';
import { nameText, proseText } from './text.ts';

export const DIRECTIONS: readonly Direction[] = ['forward', 'backward'];

/** Where a site may be: either way through the network, or the optimiser's step after it. */
export const PLACES: readonly Site['direction'][] = ['forward', 'backward', 'update'];

/** What each is called above its faults. */
export const PLACE_TITLES: Readonly<Record<Site['direction'], string>> = {
  forward: 'Forward',
  backward: 'Backward',
  update: 'Optimiser',
};

/** What a site was measured by. */
export type SiteRow = TensorReport | UpdateReport;

/** How each verdict is drawn where there is no room for a word. Never without the word near by. */
export const ICONS: Readonly<Record<Verdict, string>> = {
  match: '✓',
  mismatch: '✗',
  incomparable: '?',
  unseen: '○',
  vacuous: '∅',
};

/** What each verdict means, for legends. */
export const MEANINGS: Readonly<Record<Verdict, string>> = {
  match: 'proven to be within what is allowed',
  mismatch: 'beyond what is allowed',
  incomparable: 'paired, but no number could decide',
  unseen: 'recorded on one side only',
  vacuous: 'compared, but it proves nothing (all zero, constant, or rounding noise on both sides)',
};

/** The measures that decide: those of the layer on the subject's own inputs, or else those of the whole way. */
export function decisive(row: SiteRow): Measures | null {
  return row.local ?? row.chained;
}

/** Notes that a reader must see even where all is well: the framework itself is wrong somewhere. */
export const doubtsOf = ({ notes }: Report): readonly string[] =>
  notes.filter((note) => note.startsWith('The reference is suspect'));

/** How many times what is allowed: at most 1 passes. NaN where the error is NaN; null where nothing was measured or allowed. */
export function timesAllowed(measures: Measures | null, row: SiteRow): number | null {
  if (measures === null || row.allowed === null) return null;
  const error = numberOf(measures.rms);
  const allowed = numberOf(row.allowed.rms);
  return error === 0 ? 0 : error / allowed;
}

/** Rows by tensor and direction, those of updates among them. */
export function rowIndex(report: Report): ReadonlyMap<string, SiteRow> {
  return new Map([...report.tensors, ...(report.updates ?? [])].map((row) => [keyOf(row), row]));
}

export function keyOf(at: { readonly direction: Site['direction']; readonly tensor: string }): string {
  return `${at.direction} ${at.tensor}`;
}

/** Rows in the order of computation: backward from the last layer to the first, whichever way the report lists them. */
export function inExecutionOrder(rows: readonly TensorReport[], direction: Direction): readonly TensorReport[] {
  const mine = rows.filter((row) => row.direction === direction);
  if (direction === 'forward') return mine;
  const position = new Map<string, number>();
  for (const row of rows)
    if (row.direction === 'forward' && !position.has(row.layer)) position.set(row.layer, position.size);
  const known = mine.map((row) => position.get(row.layer)).filter((p) => p !== undefined);
  const ascending = (known[0] ?? 0) < (known.at(-1) ?? 0);
  return ascending ? mine.toReversed() : mine;
}

export type Counts = Readonly<Record<Verdict | 'compared', number>>;

/** How many tensors got which verdict; unseen ones are counted once, whether they have a row or not. */
export function countsOf(report: Report, direction?: Direction): Counts {
  const counts = { match: 0, mismatch: 0, incomparable: 0, unseen: 0, vacuous: 0, compared: 0 };
  const rows = direction ? report.tensors.filter((row) => row.direction === direction) : report.tensors;
  for (const row of rows) {
    counts[row.verdict]++;
    if (row.verdict !== 'unseen') counts.compared++;
  }
  if (!direction) counts.unseen += unseenWithoutRow(report).length;
  return counts;
}

/** What the list of unseen tensors says beyond the rows. */
export function unseenWithoutRow(report: Report): Report['unseen'] {
  const rows = new Set(report.tensors.filter((row) => row.verdict === 'unseen').map((row) => row.tensor));
  return report.unseen.filter((u) => !rows.has(u.tensor));
}

/** `37 of 41 tensors match; 1 wrong; 3 vacuous; 2 unseen` */
export function countsText(counts: Counts, where = ''): string {
  const rest: string[] = [];
  if (counts.mismatch) rest.push(`${grouped(counts.mismatch)} wrong`);
  if (counts.vacuous) rest.push(`${grouped(counts.vacuous)} vacuous`);
  if (counts.incomparable) rest.push(`${grouped(counts.incomparable)} incomparable`);
  if (counts.unseen) rest.push(`${grouped(counts.unseen)} unseen`);
  const matching =
    counts.compared === 0
      ? 'nothing was compared'
      : `${grouped(counts.match)} of ${plural(counts.compared, 'tensor')} match${where}`;
  return [matching, ...rest].join('; ');
}

/** `conv2 (Conv)` */
export function layerText(site: { readonly layer: string; readonly op: string }): string {
  return site.op === '' ? nameText(site.layer) : `${nameText(site.layer)} (${nameText(site.op)})`;
}

/** The verdict in one line, without the icon: outcome first, then where. */
export function headline(report: Report): string {
  return `${report.outcome}: ${whereText(report)}`;
}

/** What follows the outcome: where it is wrong, or how much was proven. */
export function whereText(report: Report): string {
  const sites = DIRECTIONS.map((direction) => report[direction].firstDivergence ?? report[direction].faulty[0]);
  const found = sites.filter((site) => site !== undefined);
  if (report.outcome === 'mismatch') return found.length ? divergenceText(report, found) : countsText(countsOf(report));
  const counts = countsOf(report);
  if (report.outcome === 'match') return countsText(counts, directionsText(report));
  const why = report.notes[0] ?? report.tensors.find((row) => row.reason !== undefined)?.reason;
  return why === undefined ? countsText(counts) : `${countsText(counts)}. ${shortSentence(why)}`;
}

/** True where layers were judged on their own inputs: only then is an error known to be introduced where it shows. */
export function judgedByLayer(report: { readonly tensors: readonly TensorReport[] }): boolean {
  return report.tensors.length === 0 || report.tensors.some((row) => row.local !== null);
}

/** What is said where a site has neither cause nor candidate. */
export function unknownCause(report: Report): string {
  return judgedByLayer(report)
    ? 'unknown: no known bug explains these numbers'
    : 'not sought: without a model no layer can be run by itself, and later ones inherit what earlier ones did';
}

/** What is said of a site that has neither cause nor candidate. */
export function unknownText(report: Report, site: Site): string {
  return site.search === undefined ? unknownCause(report) : `${unknownCause(report)} (${proseText(site.search)})`;
}

/** How far off, in words: `4,213 × what is allowed, relative error 8.9 %, 512 of 4,096 elements`. */
export function distance(row: SiteRow): string {
  const measures = decisive(row);
  if (measures === null) return row.reason === undefined ? 'not measured' : proseText(row.reason);
  const parts: string[] = [];
  const times = timesAllowed(measures, row);
  if (measures.nonFinite > 0)
    parts.push(`NaN or infinity on one side only in ${ofElements(measures.nonFinite, measures)}`);
  if (times !== null && Number.isFinite(times)) parts.push(`${short(times)} × what is allowed`);
  if (Number.isFinite(numberOf(measures.relL2))) parts.push(`relative error ${percent(numberOf(measures.relL2))}`);
  if (measures.mismatched > 0 && measures.nonFinite === 0)
    parts.push(`${ofElements(measures.mismatched, measures)} off`);
  return parts.join(', ');
}

const SUBJECTS: Readonly<Record<Site['direction'], string>> = {
  forward: 'output',
  backward: 'gradient of',
  update: 'update of',
};

/** What is wrong at a site: `output` of a layer, the `gradient` of its input or parameter, or the `update` of a parameter. */
export function subjectOf(site: { readonly direction: Site['direction']; readonly tensor: string }): string {
  return `${SUBJECTS[site.direction]} ${nameText(site.tensor)}`;
}

/** Best first, and each once: the proven one may stand among the candidates too. */
export function causesOf(site: Site): readonly Cause[] {
  const { cause } = site;
  if (cause === null) return site.candidates;
  return [cause, ...site.candidates.filter((other) => other.id !== cause.id || other.claim !== cause.claim)];
}

/** Every tensor that must be named as wrong: the faulty sites, and mismatches that are no site of their own. */
export function sitesOf(report: Report): readonly Site[] {
  return DIRECTIONS.flatMap((direction) => {
    const { firstDivergence: first, faulty } = report[direction];
    const listed = first === null || faulty.some((site) => keyOf(site) === keyOf(first));
    return listed || first === null ? faulty : [first, ...faulty];
  });
}

function divergenceText(report: Report, sites: readonly Site[]): string {
  const [first, second] = sites as [Site, Site?];
  if (first.direction === 'update') return `the optimiser’s ${subjectOf(first)} is wrong; forward and backward match`;
  const what = judgedByLayer(report) ? 'the first wrong layer' : 'the first tensor that differs';
  const text = `${layerText(first)} is ${what}, ${first.direction}`;
  if (second?.layer === first.layer) return `${text} and ${second.direction}`;
  if (second !== undefined) return `${text}; ${layerText(second)}, ${second.direction}`;
  const other: Direction = first.direction === 'forward' ? 'backward' : 'forward';
  const counts = countsOf(report, other);
  return counts.compared > 0 && counts.match === counts.compared ? `${text}; ${other} matches` : text;
}

function directionsText(report: Report): string {
  const seen = DIRECTIONS.filter((direction) => report.tensors.some((row) => row.direction === direction));
  if (seen.length === 0) return '';
  return seen.length === 2 ? ', forward and backward' : `, ${seen[0]} only`;
}

function ofElements(count: number, measures: Measures): string {
  return `${grouped(count)} of ${plural(measures.elements, 'element')}`;
}

function shortSentence(text: string): string {
  const prose = proseText(text);
  return prose.length <= 160 ? prose : `${prose.slice(0, 159)}…`;
}
