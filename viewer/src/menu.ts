/** A button that unfolds a small panel of ordinary controls; Escape and a look elsewhere fold it again. */

import { element } from './element';
import { icon, type IconName } from './icons';

export interface Menu {
  node: HTMLElement;
  button: HTMLButtonElement;
  panel: HTMLElement;
  close(): void;
}

let menuCount = 0;

/** `word` stays readable beside the icon; without it the label names the button and shows as its tip. */
export function createMenu(name: IconName | null, label: string, options: { word?: string } = {}): Menu {
  const id = `viewer-menu-${++menuCount}`;
  const panel = element('div', { class: 'viewer-panel', id, role: 'group', 'aria-label': label });
  panel.hidden = true;
  const kind = options.word ? 'viewer-button is-menu' : 'viewer-button is-icon is-menu';
  const button = element('button', { type: 'button', class: kind, 'aria-expanded': 'false', 'aria-controls': id });
  if (name) button.append(icon(name));
  if (options.word) button.append(element('span', { class: 'viewer-button-word' }, options.word));
  else {
    button.setAttribute('aria-label', label);
    button.dataset.tip = label;
  }
  const node = element('div', { class: 'viewer-menu' }, button, panel);

  function turn(isOpen: boolean): void {
    if (isOpen !== Boolean(panel.hidden)) return;
    panel.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) keepInside(node, panel);
    coverRest(node, isOpen);
  }

  button.addEventListener('click', () => turn(Boolean(panel.hidden)));
  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || panel.hidden) return;
    event.stopPropagation();
    turn(false);
    button.focus();
  });
  node.addEventListener('focusout', (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget as Node)) turn(false);
  });
  document.addEventListener('pointerdown', (event) => {
    if (!node.contains(event.target as Node)) turn(false);
  });
  return { node, button, panel, close: () => turn(false) };
}

/** What a panel half covers can be neither hit nor reached until it folds again. */
function coverRest(node: HTMLElement, isCovered: boolean): void {
  const covered = node.closest('.viewer')?.querySelectorAll<HTMLElement>(':scope > :is(.viewer-strip, .viewer-segments, .viewer-grid, .viewer-mpr, .viewer-author)');
  covered?.forEach((part) => (part.inert = isCovered));
}

/** Moves a panel sideways so that no part of it leaves the viewer. */
function keepInside(node: HTMLElement, panel: HTMLElement): void {
  panel.style.translate = '';
  const frame = node.closest('.viewer')?.getBoundingClientRect();
  const box = panel.getBoundingClientRect();
  if (!frame) return;
  const over = Math.max(box.right - frame.right + 6, 0);
  const under = Math.max(frame.left + 6 - box.left, 0);
  panel.style.translate = `${under - over}px 0`;
}

export function menuRow(name: IconName | null, word: string, onClick: () => void, key?: string): HTMLButtonElement {
  const row = element('button', { type: 'button', class: 'viewer-row' });
  if (name) row.append(icon(name));
  row.append(element('span', {}, word));
  if (key) {
    row.append(element('kbd', { 'aria-hidden': 'true' }, key));
    row.setAttribute('aria-keyshortcuts', key);
  }
  row.addEventListener('click', onClick);
  return row;
}
