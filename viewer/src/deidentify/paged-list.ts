/** A list that may have thousands of rows and shows them a hundred at a time, made only when it is opened. */

import { element as make } from '../element';
import { words } from './words';

const ROWS = 100;

export interface PagedList {
  element: HTMLDetailsElement;
  /** Writes the rows in sight anew; nothing happens while the list is closed. */
  refresh(): void;
}

export function pagedList<T>(summary: string, items: () => T[], row: (item: T) => [name: string, value: string], note = ''): PagedList {
  const body = make('tbody');
  const more = make('button', { type: 'button', class: 'button quiet small' });
  const table = make('table', {}, body);
  const element = make('details', { class: 'upload-list' }, make('summary', {}, summary));
  if (note) element.append(make('p', { class: 'muted small' }, note));
  element.append(make('div', { class: 'table-scroll', role: 'group', 'aria-label': summary, tabindex: 0 }, table), more);
  let shown = ROWS;
  const drawn: string[] = [];

  function refresh(): void {
    if (!element.open) return;
    const all = items();
    all.slice(0, shown).forEach((item, index) => draw(index, row(item)));
    more.hidden = all.length <= shown;
    more.textContent = words.more(all.length - shown);
  }

  function draw(index: number, [name, value]: [string, string]): void {
    if (drawn[index] === `${name}\n${value}`) return;
    drawn[index] = `${name}\n${value}`;
    const line = body.rows[index] ?? body.appendChild(make('tr', {}, make('th', { scope: 'row' }), make('td')));
    line.cells[0]!.textContent = name;
    line.cells[1]!.textContent = value;
  }

  element.addEventListener('toggle', refresh);
  more.addEventListener('click', () => {
    shown += ROWS;
    refresh();
  });
  return { element, refresh };
}
