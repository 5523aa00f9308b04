/** The row of series, as tabs over the one stage. */

import { element } from './element';
import type { SeriesEntry } from './page';
import { text } from './text';

export interface Strip {
  node: HTMLElement;
  select(index: number): void;
}

export function createStrip(series: SeriesEntry[], panelId: string, onChoose: (index: number) => void): Strip {
  const tabs = series.map((entry, index) => createTab(entry, panelId, () => onChoose(index)));
  const node = element('div', { class: 'viewer-strip', role: 'tablist', 'aria-label': text.seriesGroup }, ...tabs);
  node.hidden = series.length < 2;
  node.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const current = tabs.indexOf(document.activeElement as HTMLButtonElement);
    if (!step || current < 0) return;
    const next = (current + step + tabs.length) % tabs.length;
    tabs[next]?.focus();
    onChoose(next);
  });

  function select(index: number): void {
    tabs.forEach((tab, at) => {
      tab.setAttribute('aria-selected', String(at === index));
      tab.tabIndex = at === index ? 0 : -1;
    });
  }

  return { node, select };
}

function createTab(entry: SeriesEntry, panelId: string, onClick: () => void): HTMLButtonElement {
  const frames = element('span', { class: 'viewer-tab-count' }, String(entry.frameCount));
  const modality = element('span', { class: 'viewer-tab-modality' }, entry.modality);
  const tab = element('button', { type: 'button', class: 'viewer-tab', role: 'tab', 'aria-controls': panelId }, modality, entry.label, frames);
  tab.addEventListener('click', onClick);
  return tab;
}
