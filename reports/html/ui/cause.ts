import type { Cause } from '../../../harness/types/report.ts';
import { plural, share } from '../../shared/number.ts';
import type { PageData, PageSite } from '../pack.ts';
import { h } from './dom.ts';

/** Why a site is wrong: the proven cause, or else what the candidates' evidence says. */
export function causeBlock(site: PageSite, data: PageData): HTMLElement {
  if (site.cause !== null) return h('div', { class: 'causes' }, causeCard(site.cause, true), others(site.candidates));
  if (site.candidates.length === 0)
    return h(
      'div',
      { class: 'causes' },
      h('p', { class: 'calm' }, `Cause ${data.unknownCause}${site.search === undefined ? '' : ` (${site.search})`}.`),
    );
  const cards = site.candidates.slice(0, 8).map((cause) => causeCard(cause, false));
  return h('div', { class: 'causes' }, h('p', { class: 'calm' }, 'No cause is proven. What was found:'), ...cards);
}

/** What explains the numbers too, or nearly: a tie must be seen. */
function others(candidates: readonly Cause[]): HTMLElement | null {
  if (candidates.length === 0) return null;
  const items = candidates
    .slice(0, 8)
    .map((cause) => h('li', {}, h('code', {}, cause.id), ` explains ${share(cause.explains)}: ${cause.claim}`));
  return h(
    'details',
    {},
    h('summary', {}, `${plural(candidates.length, 'other candidate')}`),
    h('ul', { class: 'evidence' }, ...items),
  );
}

function causeCard(cause: Cause, proven: boolean): HTMLElement {
  const label = proven
    ? `proven cause, explains ${share(cause.explains)}`
    : `candidate, explains ${share(cause.explains)}`;
  return h(
    'div',
    { class: proven ? 'cause proven' : 'cause' },
    h('p', { class: 'id' }, h('code', {}, cause.id), h('span', { class: 'label' }, label)),
    h('p', { class: 'claim' }, cause.claim),
    cause.fix === '' ? null : h('p', { class: 'fix' }, h('b', {}, 'Fix '), cause.fix),
    cause.evidence.length === 0
      ? null
      : h('ul', { class: 'evidence' }, ...cause.evidence.slice(0, 12).map((text) => h('li', {}, text))),
  );
}
