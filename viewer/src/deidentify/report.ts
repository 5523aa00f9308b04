/** What the contributor sees while a folder is cleaned, before it is sent, while it is sent, and afterwards. */

import { actionsOf, type Study } from './board';
import { changesTable } from './changes-table';
import type { Contribution, Phase } from './contribution';
import { element as make } from '../element';
import { sentenceFor } from './reasons';
import { downloadAll, receiptPanel } from './receipt-panel';
import { isLeft, rank, reasonRow, restRow, studyRow, write, type Row } from './report-rows';
import { size, words } from './words';

/** The page is written at most this often, however many files go by. */
const REFRESH_MS = 160;
/** A screen reader hears how far it is at most this often. */
const SAID_MS = 15_000;
const STUDIES_SHOWN = 20;
const CALLOUTS: Partial<Record<Phase, string>> = { review: 'callout', kept: 'callout', stuck: 'callout warn', discarded: 'callout', broken: 'callout danger' };

export class Report {
  readonly element = make('section', { class: 'deidentify stack' });
  private readonly title = make('h3', { tabindex: -1 });
  private readonly said = make('p', { class: 'muted' });
  private readonly note = make('p', { class: 'small muted' });
  private readonly live = make('p', { class: 'visually-hidden', role: 'status' });
  private readonly label = make('label', { for: 'deidentify-progress' });
  private readonly bar = make('progress', { id: 'deidentify-progress' });
  private readonly progress = make('div', { class: 'progress' }, this.label, this.bar);
  private readonly head = make('div', { class: 'stack tight' }, this.title, this.said);
  private readonly send = this.button('', () => this.contribution.send());
  private readonly pause = this.button('secondary', () => this.contribution.pause());
  private readonly stop = this.button('quiet', () => this.contribution.stop());
  private readonly discard = this.button('quiet', () => void this.contribution.discard());
  private readonly show = this.button('', () => location.reload());
  private readonly list = make('ul', { class: 'uploads' });
  private readonly details = make('div');
  private readonly rows = new Map<string, Row>();
  private contribution!: Contribution;
  private timer = 0;
  private saidAt = 0;
  private hasDetails = false;
  private phase: Phase | '' = '';

  constructor() {
    const buttons = make('div', { class: 'cluster' }, this.show, this.send, this.pause, this.stop, this.discard);
    this.element.append(this.head, this.progress, buttons, this.note, this.list, this.details, this.live);
    this.pause.textContent = words.pause;
    this.show.textContent = words.show;
  }

  begin(contribution: Contribution): void {
    this.contribution = contribution;
    this.rows.clear();
    this.list.replaceChildren();
    this.details.replaceChildren();
    this.hasDetails = false;
    this.phase = '';
    this.draw();
  }

  /** Draws soon; called for every file. */
  readonly refresh = (): void => {
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      if (this.contribution) this.draw();
    }, REFRESH_MS);
  };

  private button(kind: string, act: () => void): HTMLButtonElement {
    const button = make('button', { type: 'button', class: `button ${kind}` });
    button.addEventListener('click', act);
    return button;
  }

  private draw(): void {
    this.drawHead();
    this.drawButtons();
    this.drawProgress();
    this.drawStudies();
    this.drawReasons();
    for (const row of this.rows.values()) row.refresh();
    this.drawDetails();
    this.speak();
  }

  private drawHead(): void {
    const { phase, board } = this.contribution;
    write(this.title, this.headline());
    write(this.said, this.sentence());
    this.said.hidden = this.said.textContent === '';
    this.head.className = phase === 'done' ? `callout ${board.counts.uploaded ? 'ok' : 'warn'}` : (CALLOUTS[phase] ?? 'stack tight');
    const isCallout = this.head.className.startsWith('callout');
    this.title.className = isCallout ? 'callout-title' : '';
    this.said.className = isCallout ? '' : 'muted';
    const isHeld = phase === 'review' || phase === 'kept';
    this.note.hidden = !isHeld;
    write(this.note, this.contribution.isKept ? words.keptNote : words.notKeptNote);
  }

  private drawButtons(): void {
    const { phase, board, isOver } = this.contribution;
    const hadFocus = this.element.contains(document.activeElement);
    this.send.hidden = !['review', 'kept', 'paused', 'stuck'].includes(phase);
    const label = { review: words.send(board.left), paused: words.resume, stuck: words.again }[phase as string];
    write(this.send, label ?? words.sendOn(board.left));
    this.pause.hidden = phase !== 'sending';
    this.stop.hidden = !['sending', 'paused'].includes(phase);
    write(this.stop, words.stop);
    this.discard.hidden = !['cleaning', 'review', 'kept', 'stuck'].includes(phase);
    write(this.discard, phase === 'cleaning' ? words.stop : words.discard);
    this.show.hidden = phase !== 'done' || board.counts.uploaded === 0;
    if (phase === this.phase) return;
    // A button that was used is gone: who used it is led on.
    if (hadFocus && (isOver || phase === 'review' || phase === 'kept')) this.title.focus({ preventScroll: true });
    else if (hadFocus && !(document.activeElement as HTMLElement).offsetParent) (this.pause.hidden ? this.send : this.pause).focus();
  }

  private speak(): void {
    const { phase } = this.contribution;
    const now = Date.now();
    if (phase !== this.phase) {
      this.element.dataset.phase = this.phase = phase;
      write(this.live, `${this.title.textContent}. ${this.said.textContent}`);
    } else if (!this.progress.hidden && now - this.saidAt > SAID_MS) write(this.live, this.label.textContent);
    else return;
    this.saidAt = now;
  }

  private headline(): string {
    const { phase, board } = this.contribution;
    if (phase === 'done') return board.counts.uploaded ? words.doneTitle(board.counts.uploaded) : words.doneNone;
    if (phase === 'broken') return words.brokenTitle;
    return words[phase];
  }

  private sentence(): string {
    const { phase, board, isWaiting, addingFailed, cannotSign } = this.contribution;
    const { counts, images, left, leftBytes } = board;
    if (phase === 'done') return counts.uploaded ? words.doneWords : words.doneNoneWords;
    if (phase === 'broken') return cannotSign ? words.unsignedWords : words.brokenWords;
    if (phase === 'discarded') return words.discardedWords(counts.uploaded);
    if (phase === 'review') return words.reviewWords(left, this.studies().length, size(leftBytes));
    if (phase === 'kept') return words.keptWords(left, size(leftBytes));
    if (addingFailed) return `${words.addingFailed} ${sentenceFor(addingFailed)}`;
    if (phase === 'stuck') return words.stuckWords;
    if (phase !== 'cleaning') return isWaiting ? words.waiting : '';
    if (images.length > 0 && counts.waiting + counts.reading === images.length) return words.preparing;
    return board.isListed ? words.cleaningWords : words.listing(images.length);
  }

  private drawProgress(): void {
    const { phase, board } = this.contribution;
    const { counts, images, left } = board;
    this.progress.hidden = !['cleaning', 'sending', 'paused', 'adding', 'stuck'].includes(phase);
    if (phase === 'cleaning') {
      const cleaned = images.length - counts.waiting - counts.reading;
      write(this.label, words.cleaningProgress(cleaned, images.length));
      return this.fill(board.isListed ? cleaned : null, images.length);
    }
    const sent = counts.uploaded;
    write(this.label, words.sendingProgress(sent, sent + left, size(board.leftBytes)));
    this.fill(sent, sent + left);
  }

  /** How full the bar is; null where nobody knows yet. */
  private fill(value: number | null, max: number): void {
    if (value === null || max === 0) return this.bar.removeAttribute('value');
    this.bar.max = max;
    this.bar.value = value;
  }

  private studies(): Study[] {
    return [...this.contribution.board.studies.values()].filter(({ images }) => images.length > 0);
  }

  private drawStudies(): void {
    const studies = this.studies();
    for (const study of studies) {
      if (study.number <= STUDIES_SHOWN) this.row(`study ${study.number}`, () => studyRow(study));
    }
    if (studies.length > STUDIES_SHOWN) this.row('studies', () => restRow(() => this.studies().slice(STUDIES_SHOWN)));
  }

  private drawReasons(): void {
    const { images, counts } = this.contribution.board;
    const isAny = counts.quarantined + counts.failed > 0;
    const reasons = new Set(isAny ? images.filter(isLeft).map(({ state, reason }) => `${state} ${reason}`) : []);
    for (const name of reasons) this.row(name, () => reasonRow(name, () => this.contribution.board.images));
    for (const [name, row] of this.rows) {
      const isGone = name.startsWith('failed ') && !reasons.has(name);
      if (!isGone) continue;
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

  /** What was removed, and the receipts: there as soon as all is cleaned, before anything is sent. */
  private drawDetails(): void {
    const studies = this.studies();
    if (this.contribution.phase === 'cleaning' || this.hasDetails || !studies.some(({ receipts }) => receipts.length > 0)) return;
    this.hasDetails = true;
    for (const study of studies.slice(0, STUDIES_SHOWN)) {
      const isOne = studies.length === 1;
      this.details.append(
        changesTable(isOne ? words.whatTitle : words.whatTitleOf(study.number), () => actionsOf(study)),
        receiptPanel(isOne ? words.receiptTitle : words.receiptTitleOf(study.number), study),
      );
    }
    if (studies.length > 1) this.details.append(make('div', { class: 'deidentify-all' }, downloadAll(studies)));
  }
}
