/** The frame that takes a folder: dropped on it, or chosen in the system's own dialog. */

import { element as make } from '../element';
import { Cleaner } from './cleaner';
import { Contribution } from './contribution';
import { chosen, dropped, type Found } from './folder';
import { keyPanel } from './key-panel';
import { Box, leftovers, type Left } from './outbox';
import { Report } from './report';
import { siteKey } from './site-key';
import { words } from './words';

/** `data-attach` (the address that adds stored studies to a record), `data-outbreak`, `data-csrf` and `data-assets` say where
 * images go and where the program lies. */
export async function openDropZone(zone: HTMLElement): Promise<void> {
  const { attach = '', outbreak = '', csrf = '', assets: base = './' } = zone.dataset;
  const assets = new URL(base, location.href).href;
  const to = { attach, outbreak, csrf };
  const key = await siteKey();
  const report = new Report();
  let current: Contribution | null = null;
  let spare: Cleaner | null = null;
  let isBeginning = false;

  const isBusy = () => isBeginning || (current !== null && !current.isOver);

  /** The program is loaded as soon as somebody seems to mean it. */
  function warmUp(): void {
    if (!isBusy()) spare ??= new Cleaner(assets, key.secret, null);
  }

  function coolDown(): void {
    spare?.end();
    spare = null;
  }

  function show(contribution: Contribution): void {
    current = contribution;
    zone.append(report.element);
    report.begin(contribution);
  }

  async function begin(files: AsyncIterable<Found>): Promise<void> {
    if (isBusy()) return;
    isBeginning = true;
    void navigator.storage?.persist?.();
    const first = spare;
    spare = null;
    show(await Contribution.begun(files, assets, key.secret, to, first, report.refresh));
    isBeginning = false;
  }

  async function goOnWithWhatWasLeft(): Promise<void> {
    // A browser that keeps nothing has nothing left either.
    const left = await leftovers().catch(() => []);
    for (const one of left) if (one.sealed.attach !== attach) zone.append(leftElsewhere(one));
    const own = left.find(({ sealed }) => sealed.attach === attach);
    const restored = own && !isBusy() ? await Contribution.restored(own, to, report.refresh) : null;
    if (restored) show(restored);
  }

  zone.append(choosers(begin), keyPanel(key, isBusy, coolDown));
  acceptDrops(zone, isBusy, begin);
  await goOnWithWhatWasLeft();
  for (const sign of ['pointerenter', 'dragenter', 'focusin']) zone.addEventListener(sign, warmUp, { once: true });
  addEventListener('beforeunload', (event) => {
    if (isBusy() && !current?.isKept) event.preventDefault();
  });
}

/** What another page's contribution left: where to go on with it, and a way to be rid of it. */
function leftElsewhere({ sealed, settled }: Left): HTMLElement {
  const link = make('a', { href: sealed.page }, words.leftElsewhereGo);
  const remove = make('button', { type: 'button', class: 'button quiet small' }, words.discard);
  const note = make('p', { class: 'dropzone-left' }, words.leftElsewhere(sealed.images.length - settled.length), ' ', link, ' ', remove);
  remove.addEventListener('click', async () => {
    await (await Box.taken(sealed))?.wipe();
    note.remove();
  });
  return note;
}

type Begin = (files: AsyncIterable<Found>) => Promise<void>;

function choosers(begin: Begin): HTMLElement {
  const folder = chooser(words.chooseFolder, 'button', { webkitdirectory: true, multiple: true }, begin);
  const files = chooser(words.chooseFiles, 'button secondary', { multiple: true }, begin);
  return make('div', { class: 'cluster dropzone-choose' }, ...folder, ...files, make('span', { class: 'muted dropzone-or' }, words.orDrop));
}

function chooser(label: string, kind: string, attributes: Record<string, boolean>, begin: Begin): [HTMLElement, HTMLElement] {
  const button = make('button', { type: 'button', class: kind }, label);
  const input = make('input', { type: 'file', hidden: true, ...attributes });
  button.addEventListener('click', () => input.click());
  input.addEventListener('change', () => {
    const files = [...(input.files ?? [])];
    // The same folder may be chosen again.
    input.value = '';
    if (files.length > 0) void begin(chosen(files));
  });
  return [button, input];
}

/** A file dropped beside the frame would otherwise be opened by the browser in place of the page. */
function acceptDrops(zone: HTMLElement, isBusy: () => boolean, begin: Begin): void {
  const within = (event: DragEvent) => zone.contains(event.target as Node) && !isBusy();
  addEventListener('dragover', (event) => {
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = within(event) ? 'copy' : 'none';
    if (within(event)) zone.dataset.state = 'over';
    else delete zone.dataset.state;
  });
  addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) delete zone.dataset.state;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    delete zone.dataset.state;
    if (event.dataTransfer && within(event)) void begin(dropped(event.dataTransfer));
  });
}
