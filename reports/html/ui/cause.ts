import type { Cause } from '../../../harness/types/report.ts';
import { share } from '../../shared/number.ts';
import type { PageSite } from '../pack.ts';
import { h } from './dom.ts';

/** Why a site is wrong: the proven cause, or else what the candidates' evidence says. */
export function causeBlock(site: PageSite): HTMLElement {
  if (site.cause !== null) return h('div', { class: 'causes' }, causeCard(site.cause, true));
  if (site.candidates.length === 0)
    return h(
      'div',
      { class: 'causes' },
      h('p', { class: 'calm' }, 'Cause unknown: no known bug explains these numbers.'),
    );
  const cards = site.candidates.slice(0, 8).map((cause) => causeCard(cause, false));
  return h('div', { class: 'causes' }, h('p', { class: 'calm' }, 'No cause is proven. What was found:'), ...cards);
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
