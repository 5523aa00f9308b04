/** The rows of a report: one for each study, and one for each reason why files were left. */

import { seriesOf, type Image, type Study } from './board';
import { element as make } from '../element';
import { pagedList, type PagedList } from './paged-list';
import { sentenceFor } from './reasons';
import { words } from './words';

/** A person expects these beside the images of a disc: they are left out without alarm. */
const EXPECTED = new Set(['not-dicom', 'dicomdir', 'no-pixel-data', 'repeated']);

export interface Row {
  element: HTMLLIElement;
  refresh(): void;
}

/** Studies first, then what a person has to look at, then what was left out without harm. */
export function rank(row: Element): number {
  return ['failed', 'quarantined', 'waiting'].indexOf((row as HTMLElement).dataset.kind ?? '');
}

export const isLeft = ({ state }: Image) => state === 'quarantined' || state === 'failed';

function emptyRow(): { element: HTMLLIElement; name: HTMLElement; state: HTMLElement } {
  const name = make('span', { class: 'upload-name' });
  const state = make('span', { class: 'upload-state' });
  return { element: make('li', {}, name, state), name, state };
}

export function studyRow(study: Study): Row {
  const { element, name, state } = emptyRow();
  const bar = make('progress', { 'aria-label': words.study(study.number) });
  const each = pagedList(words.eachImage, () => study.images, imageLine);
  element.append(bar, each.element);
  return { element, refresh: () => drawStudy(study, element, name, state, bar, each) };
}

function drawStudy(study: Study, element: HTMLElement, name: HTMLElement, state: HTMLElement, bar: HTMLProgressElement, each: PagedList): void {
  const images = study.images.filter((image) => image.state !== 'quarantined');
  const uploaded = images.filter((image) => image.state === 'uploaded').length;
  const isWhole = images.length > 0 && uploaded === images.length;
  element.dataset.state = isWhole ? 'uploaded' : images.some((image) => image.state === 'uploading') ? 'uploading' : 'cleaned';
  write(name, `${words.study(study.number)} · ${words.studyFacts(study.pseudonym, seriesOf(study), images.length)}`);
  write(state, isWhole ? words.states.uploaded : uploaded > 0 || element.dataset.state === 'uploading' ? words.sent(uploaded, images.length) : words.cleanedOf(images.length));
  bar.hidden = isWhole || uploaded === 0;
  bar.max = Math.max(images.length, 1);
  bar.value = uploaded;
  each.refresh();
}

function imageLine({ number, state, removed, changed }: Image): [string, string] {
  const what = removed + changed > 0 ? ` · ${words.elements(removed, changed)}` : '';
  return [words.image(number), `${words.states[state]}${what}`];
}

export function restRow(studies: () => Study[]): Row {
  const { element, name, state } = emptyRow();
  return {
    element,
    refresh: () => {
      const images = studies().flatMap((study) => study.images);
      const uploaded = images.filter((image) => image.state === 'uploaded').length;
      const all = images.filter((image) => image.state !== 'quarantined').length;
      element.dataset.state = uploaded === all ? 'uploaded' : 'uploading';
      write(name, words.earlier(studies().length));
      write(state, words.sent(uploaded, all));
    },
  };
}

/** One row for each reason; the names of its files are drawn only when somebody opens them. */
export function reasonRow(key: string, images: () => Image[]): Row {
  const [kind, reason = ''] = key.split(' ');
  const { element, name, state } = emptyRow();
  const own = () => images().filter((image) => image.state === kind && image.reason === reason);
  const names = pagedList(words.showNames, own, ({ number, path }) => [words.file(number), path], words.namesStay);
  element.dataset.kind = element.dataset.state = kind === 'failed' ? 'failed' : EXPECTED.has(reason) ? 'waiting' : 'quarantined';
  write(state, label(kind, reason));
  element.append(make('span', { class: 'upload-reason' }, sentenceFor(reason)), names.element);
  return {
    element,
    refresh: () => {
      const found = own();
      write(name, found.length === 1 ? words.file(found[0]!.number) : words.files(found.length));
      names.refresh();
    },
  };
}

function label(kind: string | undefined, reason: string): string {
  if (kind === 'failed') return words.failedTitle;
  if (reason.startsWith('held:')) return words.heldThere;
  return EXPECTED.has(reason) ? words.leftOut : words.keptHere;
}

/** Writes text only where it changed, so that nothing is laid out anew for nothing. */
export function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
