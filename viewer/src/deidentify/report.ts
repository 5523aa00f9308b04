/** What the contributor sees while a folder is on its way, and afterwards. */

import { changesTable } from './changes-table';
import type { Contribution, Image, Phase, Study } from './contribution';
import { element as make } from '../element';
import { pagedList, type PagedList } from './paged-list';
import { sentenceFor } from './reasons';
import { words } from './words';

/** The page is written at most this often, however many files go by. */
const REFRESH_MS = 160;
const STUDIES_SHOWN = 20;
/** A person expects these beside the images of a disc: they are left out without alarm. */
const EXPECTED = new Set(['not-dicom', 'dicomdir', 'no-pixel-data', 'repeated']);

interface Row {
  element: HTMLLIElement;
  refresh(): void;
}

export class Report {
  readonly element = make('section', { class: 'deidentify stack' });
  private readonly title = make('h3', { tabindex: -1 });
  private readonly said = make('p', { class: 'muted' });
  private readonly live = make('p', { class: 'visually-hidden', role: 'status' });
  private readonly label = make('label', { for: 'deidentify-progress' });
  private readonly bar = make('progress', { id: 'deidentify-progress' });
  private readonly progress = make('div', { class: 'progress' }, this.label, this.bar);
  private readonly head = make('div', { class: 'stack tight' }, this.title, this.said);
  private readonly pause = this.button('secondary', () => this.pauseOrResume());
  private readonly stop = this.button('quiet', () => this.contribution.stop());
  private readonly show = this.button('', () => location.reload());
  private readonly list = make('ul', { class: 'uploads' });
  private readonly changes = make('div');
  private readonly rows = new Map<string, Row>();
  private readonly withChanges = new Set<Study>();
  private contribution!: Contribution;
  private timer = 0;
  private phase: Phase | '' = '';

  constructor() {
    const buttons = make('div', { class: 'cluster' }, this.show, this.pause, this.stop);
    this.element.append(this.head, this.progress, buttons, this.list, this.changes, this.live);
    this.stop.textContent = words.stop;
    this.show.textContent = words.show;
  }

  begin(contribution: Contribution): void {
    this.contribution = contribution;
    this.rows.clear();
    this.withChanges.clear();
    this.list.replaceChildren();
    this.changes.replaceChildren();
    this.phase = '';
    this.draw();
  }

  /** Draws soon; called for every file. */
  readonly refresh = (): void => {
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      this.draw();
    }, REFRESH_MS);
  };

  private button(kind: string, act: () => void): HTMLButtonElement {
    const button = make('button', { type: 'button', class: `button ${kind}` });
    button.addEventListener('click', act);
    return button;
  }

  private pauseOrResume(): void {
    if (this.contribution.phase === 'running') this.contribution.pause();
    else this.contribution.resume();
  }

  private draw(): void {
    this.drawHead();
    this.drawProgress();
    this.drawStudies();
    this.drawReasons();
    for (const row of this.rows.values()) row.refresh();
    this.drawChanges();
  }

  private drawHead(): void {
    const { phase, counts, isOver } = this.contribution;
    const hadFocus = this.element.contains(document.activeElement);
    write(this.title, this.headline());
    write(this.said, this.sentence());
    this.said.hidden = this.said.textContent === '';
    this.head.className = { done: counts.uploaded ? 'callout ok' : 'callout warn', stuck: 'callout warn', broken: 'callout danger' }[phase as string] ?? 'stack tight';
    const isCallout = this.head.className.startsWith('callout');
    this.title.className = isCallout ? 'callout-title' : '';
    this.said.className = isCallout ? '' : 'muted';
    this.pause.hidden = isOver || phase === 'adding';
    write(this.pause, { paused: words.resume, stuck: words.again }[phase as string] ?? words.pause);
    this.stop.hidden = isOver || phase === 'adding';
    this.show.hidden = phase !== 'done' || counts.uploaded === 0;
    if (phase === this.phase) return;
    this.phase = phase;
    this.element.dataset.phase = phase;
    write(this.live, `${this.title.textContent}. ${this.said.textContent}`);
    // The buttons of a running contribution are gone: who used them is led to what became of it.
    if (isOver && hadFocus) this.title.focus({ preventScroll: true });
  }

  private headline(): string {
    const { phase, counts } = this.contribution;
    if (phase === 'done') return counts.uploaded ? words.doneTitle(counts.uploaded) : words.doneNone;
    if (phase === 'broken') return words.brokenTitle;
    return words[phase];
  }

  private sentence(): string {
    const { phase, counts, isWaiting, addingFailed, isListed, images } = this.contribution;
    if (phase === 'done') return counts.uploaded ? words.doneWords : words.doneNoneWords;
    if (phase === 'broken') return this.contribution.cannotSign ? words.unsignedWords : words.brokenWords;
    if (phase === 'stopped') return words.stoppedWords(counts.uploaded);
    if (addingFailed) return `${words.addingFailed} ${sentenceFor(addingFailed)}`;
    if (phase === 'stuck') return words.stuckWords;
    if (isWaiting) return words.waiting;
    if (phase === 'running' && counts.waiting + counts.reading === images.length) return words.preparing;
    return isListed ? '' : words.listing(images.length);
  }

  /** Cleaning is half of the way of an image, uploading the other half. */
  private drawProgress(): void {
    const { counts, images, isListed, phase } = this.contribution;
    const cleaned = images.length - counts.waiting - counts.reading;
    this.progress.hidden = phase === 'done' || phase === 'broken';
    write(this.label, words.progress(cleaned, counts.uploaded, images.length));
    if (!isListed || images.length === 0) return this.bar.removeAttribute('value');
    this.bar.max = images.length * 2;
    this.bar.value = cleaned + counts.uploaded + counts.quarantined;
  }

  private drawStudies(): void {
    const studies = [...this.contribution.studies.values()];
    for (const study of studies) {
      if (study.number <= STUDIES_SHOWN) this.row(`study ${study.number}`, () => studyRow(study));
    }
    if (studies.length > STUDIES_SHOWN) this.row('studies', () => restRow(() => [...this.contribution.studies.values()].slice(STUDIES_SHOWN)));
  }

  private drawReasons(): void {
    const { counts, images } = this.contribution;
    if (counts.quarantined + counts.failed === 0) return;
    const reasons = new Set(images.filter(isLeft).map(({ state, reason }) => `${state} ${reason}`));
    for (const name of reasons) this.row(name, () => reasonRow(name, () => this.contribution.images));
    for (const [name, row] of this.rows) {
      const gone = name.startsWith('failed ') && !reasons.has(name);
      if (!gone) continue;
      row.element.remove();
      this.rows.delete(name);
    }
  }

  private row(name: string, made: () => Row): void {
    if (this.rows.has(name)) return;
    const row = made();
    this.rows.set(name, row);
    const after = [...this.list.children].find((other) => rank(other) > rank(row.element));
    this.list.insertBefore(row.element, after ?? null);
  }

  private drawChanges(): void {
    const { studies, isOver } = this.contribution;
    if (!isOver) return;
    for (const study of studies.values()) {
      if (study.actions.size === 0 || study.number > STUDIES_SHOWN || this.withChanges.has(study)) continue;
      this.withChanges.add(study);
      const title = studies.size === 1 ? words.whatTitle : words.whatTitleOf(study.number);
      this.changes.append(changesTable(title, () => [...study.actions.values()]));
    }
  }
}

/** Studies first, then what a person has to look at, then what was left out without harm. */
function rank(row: Element): number {
  return ['failed', 'quarantined', 'waiting'].indexOf((row as HTMLElement).dataset.kind ?? '');
}

const isLeft = ({ state }: Image) => state === 'quarantined' || state === 'failed';

function emptyRow(): { element: HTMLLIElement; name: HTMLElement; state: HTMLElement } {
  const name = make('span', { class: 'upload-name' });
  const state = make('span', { class: 'upload-state' });
  return { element: make('li', {}, name, state), name, state };
}

function studyRow(study: Study): Row {
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
  write(name, `${words.study(study.number)} · ${words.images(images.length)}`);
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

function restRow(studies: () => Study[]): Row {
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
function reasonRow(key: string, images: () => Image[]): Row {
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
function write(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}
