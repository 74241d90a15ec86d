import type { Report, Site } from '../../harness/types/report.ts';
import {
  causesOf,
  distance,
  keyOf,
  layerText,
  PLACE_TITLES,
  rowIndex,
  type SiteRow,
  sitesOf,
  subjectOf,
  unknownText,
} from '../shared/facts.ts';
import { plural, share } from '../shared/number.ts';
import { proseText, visible } from '../shared/text.ts';
import { field, type Paint, type Style } from './style.ts';

/** Sites told in full; the others get a line each. */
const TOLD_IN_FULL = 12;

const ORDER: Readonly<Record<Site['direction'], string>> = {
  forward: ', in order of execution',
  backward: ', from the last layer to the first',
  update: '',
};

/** What is wrong in one direction, site by site: how far off, what was allowed, and why. */
export function findings(report: Report, direction: Site['direction'], paint: Paint, width: number): string[] {
  const sites = sitesOf(report).filter((site) => site.direction === direction);
  if (sites.length === 0) return [];
  const many = sites.length > 1 ? ORDER[direction] : '';
  const title = paint('bold', `${PLACE_TITLES[direction]}: ${plural(sites.length, 'fault')}${many}`);
  const rows = rowIndex(report);
  let because: string | undefined;
  const told = sites.slice(0, TOLD_IN_FULL).flatMap((site) => {
    const row = rows.get(keyOf(site));
    // What was allowed is told once, as long as it was allowed for the same reason.
    const news = row?.allowed?.because === because ? undefined : row?.allowed?.because;
    because = row?.allowed?.because;
    return ['', ...siteLines({ site, row, because: news, unknown: unknownText(report, site) }, paint, width)];
  });
  const rest = sites.slice(TOLD_IN_FULL).map((site) => siteLine(site, rows.get(keyOf(site)), paint));
  return [title, ...told.slice(1), ...(rest.length ? ['', ...rest] : [])];
}

interface ToldSite {
  readonly site: Site;
  readonly row: SiteRow | undefined;
  /** Why so much is allowed, where it is news. */
  readonly because: string | undefined;
  readonly unknown: string;
}

function siteLines({ site, row, because, unknown }: ToldSite, paint: Paint, width: number): string[] {
  const add = (label: string, text: string, style?: Style) =>
    lines.push(
      ...field(label, text, width, { indent: 4, ...(style ? { paint: (t: string) => paint(style, t) } : {}) }),
    );
  const lines = [`  ${paint('red', '✗')} ${paint('bold', layerText(site))}  ${paint('dim', subjectOf(site))}`];
  add('off by', row ? distance(row) : 'not measured');
  if (because !== undefined) add('allowed', proseText(because), 'dim');
  for (const cause of causesOf(site)) {
    const proven = cause === site.cause;
    const explained = proven || site.cause ? ` (explains ${share(cause.explains)})` : '';
    add(
      proven ? 'cause' : 'maybe',
      `${visible(cause.id)}: ${proseText(cause.claim)}${explained}`,
      proven ? 'yellow' : undefined,
    );
    // Beside a proven cause the others are named, no more.
    if (!proven && site.cause) continue;
    if (cause.fix !== '') add('fix', proseText(cause.fix), 'green');
    for (const evidence of cause.evidence) add('evidence', proseText(evidence));
  }
  if (causesOf(site).length === 0) add('cause', unknown);
  return lines;
}

function siteLine(site: Site, row: SiteRow | undefined, paint: Paint): string {
  const cause = site.cause ? `; ${visible(site.cause.id)}` : '';
  return `  ${paint('red', '✗')} ${layerText(site)}  ${subjectOf(site)}: ${row ? distance(row) : 'not measured'}${cause}`;
}
