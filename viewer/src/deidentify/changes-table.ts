/** What was removed and changed in a study, by attribute: from its receipts, so without any value. */

import { element as make } from '../element';
import type { ReceiptRow } from './protocol';
import { whyChanged } from './reasons';
import { words, written } from './words';

const GONE = new Set(['X', 'Z']);

/** A disclosure that builds its table when it is opened. */
export function changesTable(title: string, rows: () => ReceiptRow[]): HTMLDetailsElement {
  const holder = make('div');
  const element = make('details', { class: 'disclosure' }, make('summary', {}, title), holder);
  element.addEventListener('toggle', () => {
    if (element.open) holder.replaceChildren(...content(title, gathered(rows())));
  });
  return element;
}

/** Without what was kept, private attributes as one row for each reason, what went first. */
function gathered(rows: ReceiptRow[]): ReceiptRow[] {
  const all = new Map<string, ReceiptRow>();
  for (const row of rows) {
    if (row.action === 'K') continue;
    const one = isPrivate(row.tag) ? { ...row, tag: '', keyword: words.privateAttribute } : row;
    const name = `${one.tag} ${one.action} ${one.reason}`;
    all.set(name, { ...one, count: one.count + (all.get(name)?.count ?? 0) });
  }
  return [...all.values()].sort((a, b) => rank(a) - rank(b) || a.tag.localeCompare(b.tag));
}

const rank = ({ action }: ReceiptRow) => 'XZCDSU'.indexOf(action);
const isPrivate = (tag: string) => Number.parseInt(tag.slice(4, 5), 16) % 2 === 1;

function content(title: string, rows: ReceiptRow[]): Node[] {
  const removed = rows.filter(({ action }) => GONE.has(action)).length;
  const head = make('tr', {}, ...words.columns.map((column) => make('th', { scope: 'col' }, column)));
  head.lastElementChild!.className = 'number';
  const table = make('table', {}, make('caption', { class: 'visually-hidden' }, title), make('thead', {}, head), make('tbody', {}, ...rows.map(line)));
  const scroll = make('div', { class: 'table-scroll', role: 'region', 'aria-label': title, tabindex: 0 }, table);
  return [make('p', { class: 'muted' }, words.whatSummary(removed, rows.length - removed)), scroll];
}

function line({ tag, keyword, action, reason, count }: ReceiptRow): HTMLTableRowElement {
  const why = whyChanged(reason);
  const reasonCell = make('td', {}, why.words);
  if (why.lang) reasonCell.lang = why.lang;
  return make(
    'tr',
    {},
    make('td', { class: 'code' }, tag),
    make('th', { scope: 'row' }, keyword || words.unknownAttribute),
    make('td', {}, words.actions[action] ?? action),
    reasonCell,
    make('td', { class: 'number' }, written(count)),
  );
}
