import type { PageData } from '../pack.ts';
import { closing } from './closing.ts';
import { curveSection } from './curve.ts';
import { h, replace } from './dom.ts';
import { keysLine, listenToKeys } from './keys.ts';
import { keepLink } from './link.ts';
import { layerPanel } from './panel.ts';
import { createStore } from './store.ts';
import { tableSection } from './table.ts';
import { directionCards, header, verdictBar } from './verdict.ts';

const data = JSON.parse(document.getElementById('data')?.textContent ?? '') as PageData;
const firstSite = data.sites.find((site) => site.row >= 0);
const store = createStore(data, { selected: firstSite?.row ?? -1 });
document.documentElement.classList.add('js');
replace(
  document.getElementById('app') as HTMLElement,
  header(data),
  h(
    'main',
    {},
    verdictBar(data),
    directionCards(store),
    data.rows.length > 0 ? curveSection(store) : null,
    data.rows.length > 0 ? h('div', { class: 'work' }, tableSection(store), layerPanel(store), keysLine()) : null,
    closing(data),
  ),
);
listenToKeys(store);
keepLink(store);
