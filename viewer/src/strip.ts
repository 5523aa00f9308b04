/** The row of series, as tabs over the active cell; each can also be dragged onto a cell. */

import { element } from './element';
import { DRAGGED_SERIES } from './grid';
import type { SeriesEntry } from './page';
import { text } from './text';

export interface Strip {
  node: HTMLElement;
  /** Marks the series of the active cell, whose board the tabs now stand for. */
  select(index: number, panelId: string): void;
}

export function createStrip(series: SeriesEntry[], onChoose: (index: number) => void): Strip {
  const tabs = series.map((entry, index) => createTab(entry, index, () => onChoose(index)));
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

  function select(index: number, panelId: string): void {
    tabs.forEach((tab, at) => {
      tab.setAttribute('aria-selected', String(at === index));
      tab.setAttribute('aria-controls', panelId);
      tab.tabIndex = at === Math.max(index, 0) ? 0 : -1;
    });
  }

  return { node, select };
}

function createTab(entry: SeriesEntry, index: number, onClick: () => void): HTMLButtonElement {
  const frames = element('span', { class: 'viewer-tab-count' }, String(entry.frameCount));
  const modality = element('span', { class: 'viewer-tab-modality' }, entry.modality);
  const tab = element('button', { type: 'button', class: 'viewer-tab', role: 'tab', draggable: 'true' }, modality, entry.label, frames);
  tab.addEventListener('click', onClick);
  tab.addEventListener('dragstart', (event) => event.dataTransfer?.setData(DRAGGED_SERIES, String(index)));
  return tab;
}
