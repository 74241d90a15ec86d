import { byteSize, duration } from '../../shared/number.ts';
import type { PageData } from '../pack.ts';
import { h } from './dom.ts';

/** What was not seen, what was assumed, and what it took. */
export function closing(data: PageData): HTMLElement {
  return h('footer', { class: 'closing' }, notes(data), unseen(data), environment(data));
}

function notes(data: PageData): HTMLElement | null {
  if (data.notes.length === 0) return null;
  return h('section', {}, h('h2', {}, 'Notes'), h('ul', {}, ...data.notes.map((note) => h('li', {}, note))));
}

function unseen(data: PageData): HTMLElement | null {
  if (data.unseen.length === 0) return null;
  const items = data.unseen.map((u) => h('li', {}, h('span', { class: 'name' }, u.tensor), ` not in the ${u.missing}`));
  return h('section', {}, h('h2', {}, `Unseen (${data.unseen.length})`), h('ul', { class: 'long' }, ...items));
}

function environment({ subject, reference, votes, timing }: PageData): HTMLElement {
  const { seconds } = timing;
  const facts: [string, string][] = [
    ['Subject', `${subject.name}: ${subject.kind}${subject.producer === null ? '' : `, by ${subject.producer}`}`],
    ['Reference', `${reference.name}: ${reference.kind} ${reference.version}`],
    ...votes.map((vote) => ['Vote', vote] as [string, string]),
    ['Reference gradients', reference.backward],
    [
      'Took',
      `${duration(seconds.total)}: reference ${duration(seconds.reference)}, oracle ${duration(seconds.oracle)}, compare ${duration(seconds.compare)}`,
    ],
    ...(timing.peakBytes > 0 ? [['Memory at peak', byteSize(timing.peakBytes)] as [string, string]] : []),
  ];
  return h(
    'section',
    {},
    h('h2', {}, 'Environment'),
    h('dl', {}, ...facts.flatMap(([term, text]) => [h('dt', {}, term), h('dd', {}, text)])),
  );
}
