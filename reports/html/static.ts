import { ICONS, layerText, MEANINGS, subjectOf } from '../shared/facts.ts';
import { shapeText } from '../shared/number.ts';
import { escapeMarkup as e } from '../shared/text.ts';
import type { PageData, PageRow, PageSite } from './pack.ts';

/** Rows of the static table: what a mail preview or a printer needs. */
const MOST_ROWS = 60;

/** The part of the page that needs no script: verdict, causes, what failed. It is what is printed, too. */
export function staticPart(data: PageData): string {
  return `<article id="static">
<h1>${ICON[data.outcome]} ${e(data.outcome)}: ${e(data.where)}</h1>
<p>${e(data.subject.name)} (${e(data.subject.kind)}) against ${e(data.reference.name)} (${e(data.reference.kind)} ${e(data.reference.version)})</p>
${list(
  'Faults',
  data.sites.slice(0, MOST_ROWS).map((site) => siteItem(site)),
)}
${failingTable(data.rows.filter((row) => row.verdict !== 'match'))}
${list(
  'Unseen',
  data.unseen.slice(0, MOST_ROWS).map((u) => `${e(u.tensor)}: not in the ${e(u.missing)}`),
)}
${list('Votes', data.votes.map(e))}
${list('Notes', data.notes.map(e))}
<p>Again: <code>${e(data.rerun)}</code></p>
</article>
<noscript><p>Curve, table of all layers and heat maps need JavaScript, which is off here.</p></noscript>`;
}

const ICON = { match: '✓', mismatch: '✗', inconclusive: '?' } as const;

function siteItem(site: PageSite): string {
  const causes = site.cause ? [site.cause] : site.candidates;
  const parts = causes.map((cause) => {
    const label = site.cause ? 'cause' : 'maybe';
    const fix = cause.fix === '' ? '' : `<br>fix: ${e(cause.fix)}`;
    return `<br>${label}: ${e(cause.id)}: ${e(cause.claim)}${fix}`;
  });
  const far = site.distance === null ? '' : `: ${e(site.distance)}`;
  return `<b>${e(layerText(site))}</b>, ${site.direction}, ${e(subjectOf(site))}${far}${parts.join('')}`;
}

function failingTable(rows: readonly PageRow[]): string {
  if (rows.length === 0) return '';
  const body = rows.slice(0, MOST_ROWS).map((row) => {
    const verdict = `<span title="${e(MEANINGS[row.verdict])}">${ICONS[row.verdict]} ${row.verdict}</span>`;
    const cells = [verdict, row.direction, e(layerText(row)), e(row.tensor), shapeText(row.shape), e(row.distance)];
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const more = rows.length > MOST_ROWS ? `<p>… and ${rows.length - MOST_ROWS} more.</p>` : '';
  const head = ['verdict', 'direction', 'layer', 'tensor', 'shape', 'off by'].map((h) => `<th>${h}</th>`).join('');
  return `<h2>Not proven to match</h2><table><thead><tr>${head}</tr></thead><tbody>${body.join('\n')}</tbody></table>${more}`;
}

function list(title: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<h2>${title}</h2><ul>${items.map((item) => `<li>${item}</li>`).join('\n')}</ul>`;
}
