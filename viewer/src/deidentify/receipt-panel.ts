/** The receipts of a study: what they say in words, and as the files that they are. */

import type { Study } from './board';
import { element as make } from '../element';
import type { Receipt } from './protocol';
import { save } from './save';
import { words, written } from './words';

/** A disclosure that is written when it is opened. */
export function receiptPanel(title: string, study: Study): HTMLDetailsElement {
  const holder = make('div', { class: 'stack' });
  const element = make('details', { class: 'disclosure' }, make('summary', {}, title), holder);
  element.addEventListener('toggle', () => {
    if (element.open) holder.replaceChildren(...content(study));
  });
  return element;
}

export function downloadAll(studies: Study[]): HTMLButtonElement {
  const all = studies.flatMap(({ receipts }) => receipts);
  return button(words.receiptsDownload(all.length), () => save(inJSON(all), 'receipts.json'));
}

function content({ uid, receipts }: Study): Node[] {
  const buttons = receipts.map((receipt, index) => {
    const name = receipts.length > 1 ? `receipt-${uid}-${index + 1}.json` : `receipt-${uid}.json`;
    return button(words.receiptDownload(index + 1, receipts.length), () => save(inJSON(receipt), name));
  });
  return [make('p', { class: 'muted' }, words.receiptWhy), ...receipts.map(facts), make('div', { class: 'cluster' }, ...buttons)];
}

function button(label: string, act: () => void): HTMLButtonElement {
  const made = make('button', { type: 'button', class: 'button secondary small' }, label);
  made.addEventListener('click', act);
  return made;
}

function inJSON(content: Receipt | Receipt[]): Blob {
  return new Blob([JSON.stringify(content)], { type: 'application/json' });
}

function facts(receipt: Receipt): HTMLDListElement {
  const names = words.receiptFacts;
  const refused = Object.values(receipt.refused).reduce((sum, each) => sum + each, 0);
  return make(
    'dl',
    { class: 'facts' },
    fact(names.profile, receipt.profile),
    fact(names.options, receipt.options.map(({ code, meaning }) => `${code} ${meaning}`).join(', ')),
    fact(names.images, written(receipt.instances.length)),
    fact(names.refused, written(refused)),
    fact(names.pixels, pixels(receipt)),
    fact(names.scan, words.receiptScan(receipt.scan.texts, receipt.scan.found)),
    fact(names.signedBy, receipt.signed_by),
  );
}

function pixels({ instances }: Receipt): string {
  const counts = new Map<string, number>();
  for (const { pixels: word } of instances) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => `${words.receiptPixels[word] ?? word}: ${written(count)}`).join(', ');
}

function fact(name: string, value: string): HTMLDivElement {
  return make('div', {}, make('dt', {}, name), make('dd', { class: 'receipt-value' }, value));
}
