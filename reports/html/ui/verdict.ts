import type { Direction } from '../../../harness/types/trace.ts';
import { type Counts, countsText, layerText, subjectOf } from '../../shared/facts.ts';
import { duration, grouped } from '../../shared/number.ts';
import type { PageData, PageSite } from '../pack.ts';
import { causeBlock } from './cause.ts';
import { h } from './dom.ts';
import { icon } from './icons.ts';
import type { Store } from './store.ts';
import { themeButton } from './theme.ts';

/** Who was compared with whom, and the theme. */
export function header({ subject, reference }: PageData): HTMLElement {
  const by = subject.producer === null ? '' : `, by ${subject.producer}`;
  return h(
    'header',
    { class: 'top' },
    h('span', { class: 'brand' }, 'layerdiff'),
    h(
      'p',
      { class: 'sides' },
      ...side(subject.name, `${subject.kind}${by}`),
      h('span', { class: 'against' }, 'against'),
      ...side(reference.name, `${reference.kind} ${reference.version}`),
    ),
    themeButton(),
  );
}

function side(name: string, kind: string): HTMLElement[] {
  return [h('b', { class: 'name' }, name), h('span', { class: 'kind' }, kind)];
}

/** The verdict at once: outcome, where, how much was proven, and the command that gives it again. */
export function verdictBar(data: PageData): HTMLElement {
  const outcome = data.outcome.charAt(0).toUpperCase() + data.outcome.slice(1);
  return h(
    'section',
    { class: `verdict-bar ${data.outcome}`, 'aria-labelledby': 'verdict' },
    icon(data.outcome, 44),
    h(
      'div',
      { class: 'words' },
      h(
        'h1',
        { id: 'verdict' },
        h('span', { class: 'outcome' }, outcome),
        ' ',
        h('span', { class: 'where' }, data.where),
      ),
      proportions(data.counts),
    ),
    rerun(data),
  );
}

/** The same counts as a bar: what was proven against what was not. */
function proportions(counts: Counts): HTMLElement {
  const parts = (['match', 'mismatch', 'incomparable', 'vacuous', 'unseen'] as const).filter(
    (verdict) => counts[verdict] > 0,
  );
  const bar = parts.map((verdict) => {
    const part = h('span', { class: `part ${verdict}` });
    part.style.flexGrow = String(counts[verdict]);
    return part;
  });
  const words = parts.map((verdict) => h('li', {}, icon(verdict, 14), `${grouped(counts[verdict])} ${verdict}`));
  return h(
    'div',
    { class: 'proportions' },
    h('div', { class: 'bar', role: 'img', 'aria-label': countsText(counts) }, ...bar),
    h('ul', {}, ...words),
  );
}

function rerun(data: PageData): HTMLElement | null {
  if (data.rerun === '') return null;
  const command = h('code', { tabindex: 0, 'aria-label': 'command that gives this report again' }, data.rerun);
  const button = h('button', { type: 'button', class: 'copy', onclick: () => void copy(command, button) }, 'Copy');
  return h(
    'div',
    { class: 'rerun' },
    h('span', { class: 'label' }, `Run again (${duration(data.timing.seconds.total)})`),
    command,
    button,
  );
}

/** Copies, or, where the browser refuses a file's page the clipboard, selects for Ctrl+C. */
async function copy(command: HTMLElement, button: HTMLElement): Promise<void> {
  const done = await navigator.clipboard?.writeText(command.textContent ?? '').then(
    () => true,
    () => false,
  );
  if (!done) getSelection()?.selectAllChildren(command);
  button.textContent = done ? 'Copied' : 'Selected';
  setTimeout(() => {
    button.textContent = 'Copy';
  }, 1500);
}

/** One card a direction: its first wrong layer and why, or that all is right. */
export function directionCards(store: Store): HTMLElement {
  return h(
    'section',
    { class: 'cards', 'aria-label': 'First divergences' },
    card(store, 'forward'),
    card(store, 'backward'),
    updateCard(store),
  );
}

/** The optimiser's first wrong step; no card where there is none. */
function updateCard(store: Store): HTMLElement | null {
  const sites = store.data.sites.filter((site) => site.direction === 'update');
  const [first] = sites;
  if (first === undefined) return null;
  const title = h('h2', {}, 'Optimiser');
  return h('article', { class: 'card mismatch' }, title, ...firstDivergence(store, first), moreSites(store, sites));
}

function card(store: Store, direction: Direction): HTMLElement {
  const { data } = store;
  const sites = data.sites.filter((site) => site.direction === direction);
  const [first] = sites;
  const counts = data.each[direction];
  const title = h(
    'h2',
    {},
    direction === 'forward' ? 'Forward' : 'Backward',
    h('span', { class: 'of' }, `${grouped(counts.match)} of ${grouped(counts.compared)} match`),
  );
  if (first !== undefined)
    return h('article', { class: 'card mismatch' }, title, ...firstDivergence(store, first), moreSites(store, sites));
  const proven = counts.compared > 0 && counts.match === counts.compared;
  const words =
    counts.compared === 0
      ? 'Nothing was compared in this direction.'
      : proven
        ? 'Every tensor compared is within what is allowed.'
        : `Nothing was found wrong, but not everything was proven: ${countsText(counts)}.`;
  return h(
    'article',
    { class: `card ${proven ? 'match' : 'open'}` },
    title,
    h('p', { class: 'calm' }, icon(proven ? 'match' : 'inconclusive', 18), words),
  );
}

function firstDivergence(store: Store, site: PageSite): HTMLElement[] {
  return [
    h(
      'p',
      { class: 'first' },
      icon('mismatch', 18),
      siteButton(store, site),
      h('span', { class: 'what' }, subjectOf(site)),
    ),
    h('p', { class: 'far' }, site.distance ?? 'not measured'),
    causeBlock(site, store.data),
  ];
}

function moreSites(store: Store, sites: readonly PageSite[]): HTMLElement | null {
  if (sites.length < 2) return null;
  const items = sites
    .slice(1, 41)
    .map((site) =>
      h(
        'li',
        {},
        siteButton(store, site),
        h('span', { class: 'what' }, site.cause ? `${subjectOf(site)}: ${site.cause.id}` : subjectOf(site)),
      ),
    );
  const rest = sites.length > 41 ? h('p', { class: 'calm' }, `… and ${sites.length - 41} more: see the table.`) : null;
  const where = sites[0]?.direction === 'forward' ? 'later' : 'further back';
  const order = store.data.byLayer ? `Also wrong, ${where}` : `Differing too, ${where}`;
  return h('div', { class: 'more' }, h('h3', {}, `${order} (${sites.length - 1})`), h('ul', {}, ...items), rest);
}

function siteButton(store: Store, site: PageSite): HTMLElement {
  if (site.row < 0) return h('b', { class: 'name' }, layerText(site));
  const open = () => store.update({ selected: site.row, open: true });
  return h('button', { type: 'button', class: 'link name', onclick: open }, layerText(site));
}
