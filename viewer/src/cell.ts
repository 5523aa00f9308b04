/** One cell: a series on a stage, with its slider, its words and what is drawn over it. */

import { createDrawing } from './drawing';
import { element, setAttributes } from './element';
import { bytesInWords } from './loading';
import { markInWords } from './marks';
import type { CellHost, Cell, Cause, CellStatus } from './cell-contract';
import { createOverlay } from './overlay';
import type { ImageAddress, SeriesEntry } from './page';
import { layOver, previewUrl, warm } from './previews';
import { indexOfImage, startIndex, type StackImage } from './series';
import { bytesToCome, type HeadStart, type Session } from './session';
import type { ImagePoint } from './shapes';
import { createSlider } from './slider';
import type { Stage } from './stage';
import { line, savesData } from './line';
import { text } from './text';
import { FITTED, type CellState, type Placing } from './view-state';

const PLACEHOLDER_AFTER_MS = 120;
/** A stack that takes longer than this gets its small pictures first. */
const SLOW_SECONDS = 6;
/** Less than this is loaded without asking, also on a line that is paid by the byte. */
const SMALL_BYTES = 1_000_000;

let cellCount = 0;

/** Labels mostly begin with the modality; those that do not get it. */
function nameOf({ modality, label }: SeriesEntry): string {
  return label.startsWith(modality) ? label : [modality, label].filter(Boolean).join(' · ');
}

export function createCell(host: CellHost, poster: HTMLImageElement | null): Cell {
  const id = ++cellCount;
  const { page } = host;
  const canvas = element('div', { class: 'viewer-canvas' });
  const placeholder = element('img', { class: 'viewer-placeholder', alt: '', draggable: 'false' });
  placeholder.hidden = true;
  const overlay = createOverlay();
  const description = element('div', { class: 'viewer-hidden', id: `viewer-description-${id}` });
  const board = element('div', {
    class: 'viewer-board',
    id: `viewer-board-${id}`,
    tabindex: 0,
    role: 'application',
    'aria-label': page.label,
    'aria-describedby': description.id,
  });
  if (poster) board.append(poster);
  board.append(canvas, placeholder, overlay.node);
  const drawing = createDrawing((point) => stage?.toCanvas(point) ?? [0, 0]);
  canvas.after(drawing.node);
  const slider = createSlider((index) => void goTo(index));
  const chooser = createChooser();
  const ask = element('div', { class: 'viewer-ask', role: 'group', 'aria-label': text.askTitle });
  ask.hidden = true;
  const node = element('div', { class: 'viewer-cell' }, chooser.node, board, ask, slider.node, description);
  new ResizeObserver(() => stage?.resize()).observe(canvas);

  let stage: Stage | null = null;
  let session: Session | null = null;
  let seriesIndex = -1;
  /** Counts the series asked for, so that an answer to an earlier wish is not shown. */
  let wish = 0;
  let target = 0;
  let shown = -1;
  let status: CellStatus = 'empty';
  let placeholderTimer = 0;
  let first: HTMLCanvasElement | null = null;

  function createChooser() {
    const select = element('select', { class: 'viewer-choose', 'aria-label': text.chooseSeries(id) });
    page.series.forEach((entry, index) => select.append(element('option', { value: index }, nameOf(entry))));
    select.prepend(element('option', { value: -1 }, text.noSeries));
    select.addEventListener('change', () => {
      host.activate(cell);
      void openSeries(Number(select.value));
    });
    return { node: element('div', { class: 'viewer-cell-head' }, select), show: (index: number) => (select.value = String(index)) };
  }

  // ---- series and slices ----

  async function openSeries(index: number, at?: number | ImageAddress, placing?: Placing, early?: HeadStart): Promise<void> {
    if (index === seriesIndex && session) return reopen(at, placing);
    leave();
    if (index < 0) return host.changed(cell);
    const thisWish = ++wish;
    const isStillWanted = () => thisWish === wish;
    seriesIndex = index;
    chooser.show(index);
    setStatus('loading');
    overlay.showError(null);
    overlay.showBusy(text.loading);
    try {
      const opened = await host.sessions.get(index, early);
      if (isStillWanted()) await showSeries(opened, isStillWanted, at, placing);
    } catch {
      // Network, server or decoder: whatever it was, the reader can only try again.
      if (isStillWanted()) fail(() => void openSeries(index, at, placing));
    }
  }

  /** Lays the first slice where the stage will show it, unless the stage was quicker. */
  function showFirst(canvas: HTMLCanvasElement): void {
    if (status !== 'loading' || first) return;
    first = canvas;
    first.classList.add('viewer-poster');
    first.setAttribute('aria-hidden', 'true');
    board.prepend(first);
    if (poster) poster.hidden = true;
  }

  async function reopen(at?: number | ImageAddress, placing?: Placing): Promise<void> {
    const index = typeof at === 'object' && session ? indexOfImage(session.series, at) : at;
    if (typeof index === 'number' && index >= 0) await goTo(index);
    if (placing) stage?.place(placing);
  }

  async function showSeries(opened: Session, isStillWanted: () => boolean, at?: number | ImageAddress, placing?: Placing): Promise<void> {
    const { series, prefetcher } = opened;
    if (series.images.length === 0) return failEmpty();
    const asked = typeof at === 'object' ? indexOfImage(series, at) : (at ?? -1);
    target = asked >= 0 ? Math.min(asked, series.images.length - 1) : (opened.lastIndex ?? startIndex(series));
    slider.open(series);
    slider.moveTo(target);
    host.opening(cell, opened);
    await prefetcher.want(target);
    const ready = await readyStage();
    if (!isStillWanted()) return;
    await ready.openStack(series.images, target);
    if (!isStillWanted()) return;
    session = opened;
    host.sessions.use(opened);
    opened.listeners.add(showLoaded);
    if (placing) ready.place({ ...FITTED, ...placing });
    settle(target, 'open');
    showLoaded();
    void beginLoading(opened);
  }

  function leave(): void {
    wish++;
    hidePlaceholder();
    ask.hidden = true;
    if (session) {
      session.lastIndex = shown;
      session.listeners.delete(showLoaded);
      host.sessions.leave(session);
    }
    session = null;
    seriesIndex = shown = -1;
    chooser.show(-1);
    setStatus('empty');
    node.classList.remove('has-image');
  }

  async function readyStage(): Promise<Stage> {
    if (stage) return stage;
    const { createStage } = await host.stageModule;
    stage ??= createStage(canvas);
    stage.onRender(whenRendered);
    return stage;
  }

  async function goTo(index: number, cause: Cause = 'reader'): Promise<void> {
    if (!session || !stage) return;
    const reading = session;
    target = Math.min(Math.max(index, 0), reading.series.images.length - 1);
    const wanted = target;
    const isStillWanted = () => wanted === target && reading === session;
    slider.moveTo(wanted);
    overlay.showError(null);
    if (cause === 'reader') host.moved(cell, wanted);
    if (!reading.prefetcher.isLoaded(wanted)) await standIn(reading, wanted, isStillWanted);
    try {
      await reading.prefetcher.want(wanted);
      if (!isStillWanted()) return;
      await stage.show(wanted);
      if (isStillWanted()) settle(wanted, cause);
    } catch {
      if (isStillWanted()) failSlice(wanted);
    }
  }

  /** Shows the small picture when the frame itself does not come at once. */
  async function standIn(reading: Session, index: number, isStillWanted: () => boolean): Promise<void> {
    overlay.showBusy(text.sliceLoading(index + 1));
    clearTimeout(placeholderTimer);
    placeholderTimer = window.setTimeout(() => void showPlaceholder(reading, index, isStillWanted), PLACEHOLDER_AFTER_MS);
  }

  async function showPlaceholder(reading: Session, index: number, isStillWanted: () => boolean): Promise<void> {
    const image = reading.series.images[index];
    if (!image || !stage || !isStillWanted()) return;
    const next = new Image();
    next.src = previewUrl(page, reading.series, image, stage.placing().window);
    try {
      await next.decode();
    } catch {
      return; // A picture that cannot be had leaves the busy word standing.
    }
    if (!isStillWanted() || reading.prefetcher.isLoaded(index) || !stage) return;
    placeholder.src = next.src;
    placeholder.classList.toggle('is-inverted', stage.placing().isInverted);
    layOver(placeholder, image, stage.toCanvas);
    placeholder.hidden = false;
    drawing.node.replaceChildren();
    overlay.showPreview(index, reading.series.images.length);
  }

  function hidePlaceholder(): void {
    clearTimeout(placeholderTimer);
    placeholder.hidden = true;
  }

  /** The image on the screen is now this one. */
  function settle(index: number, cause: Cause): void {
    const image = session?.series.images[index];
    if (!session || !stage || !image) return;
    shown = index;
    hidePlaceholder();
    overlay.showBusy(null);
    overlay.showImage(session.series, index, stage.plane(image));
    if (status === 'ready') overlay.showView(stage.view(), image);
    draw();
    describe(image);
    host.settled(cell, cause);
  }

  function whenRendered(): void {
    const image = shownImage();
    if (!stage || !image) return;
    overlay.showView(stage.view(), image);
    if (!placeholder.hidden) layOver(placeholder, image, stage.toCanvas);
    else draw();
    if (status !== 'ready') {
      for (const picture of [poster, first]) if (picture) picture.hidden = true;
      node.classList.add('has-image');
      setStatus('ready');
    }
    host.rendered(cell);
  }

  function draw(): void {
    const image = shownImage();
    if (!image || !placeholder.hidden) return;
    const { drawn, caret } = host.drawnOn(cell, image);
    drawing.draw(drawn, caret);
  }

  function shownImage(): StackImage | null {
    return session?.series.images[shown] ?? null;
  }

  /** What stands for the image where it cannot be seen. */
  function describe(image: StackImage): void {
    if (!session) return;
    const { series } = session;
    const marks = host.marks.isShown() ? host.marks.on(image).map((mark) => markInWords(mark, image)) : [];
    const measured = host.measurements.on(image).map(({ words }) => words);
    const lines = [text.slice(shown + 1, series.images.length), overlay.placeInWords(), image.keyImage?.caption ?? '', ...marks, ...measured, host.findings(), text.keysHint];
    description.replaceChildren(...lines.filter(Boolean).map((words) => element('p', {}, words)));
    setAttributes(board, { 'aria-label': `${page.label}: ${nameOf(series.entry)}` });
  }

  // ---- loading ----

  async function beginLoading(opened: Session): Promise<void> {
    const bytes = bytesToCome(opened) ?? 0;
    if (bytes > SMALL_BYTES && savesData()) return askFirst(opened, bytes);
    const speed = line.bytesPerSecond();
    if (speed && bytes / speed > SLOW_SECONDS) await warm(page, opened.series, () => opened === session);
    if (opened === session && !document.hidden) opened.prefetcher.start();
  }

  function askFirst(opened: Session, bytes: number): void {
    const left = opened.prefetcher.most - opened.prefetcher.loaded.size;
    const load = element('button', { type: 'button', class: 'viewer-button is-word is-solid' }, text.loadRest(bytesInWords(bytes)));
    const keep = element('button', { type: 'button', class: 'viewer-button is-word' }, text.loadAsSeen);
    load.addEventListener('click', () => {
      ask.hidden = true;
      board.focus();
      opened.prefetcher.start();
    });
    keep.addEventListener('click', () => {
      ask.hidden = true;
      board.focus();
    });
    ask.replaceChildren(element('p', {}, text.ask(left, bytesInWords(bytes))), load, keep);
    ask.hidden = false;
  }

  function showLoaded(): void {
    if (!session) return;
    slider.markLoaded(session.prefetcher.loaded, session.prefetcher.most, bytesToCome(session), line.bytesPerSecond());
    host.loading(cell);
  }

  // ---- failures ----

  function setStatus(next: CellStatus): void {
    status = next;
    node.dataset.state = next;
    host.changed(cell);
  }

  function fail(retry: () => void): void {
    setStatus('error');
    overlay.showBusy(null);
    // A script that never arrived is only asked for again by a new page.
    overlay.showError(text.seriesFailed, () => void host.stageModule.then(retry, () => location.reload()));
  }

  function failEmpty(): void {
    setStatus('error');
    overlay.showBusy(null);
    overlay.showError(text.noImages);
  }

  function failSlice(index: number): void {
    overlay.showBusy(null);
    overlay.showError(text.sliceFailed(index + 1), () => void goTo(index));
    host.announcer.say(text.sliceFailed(index + 1));
  }

  function state(): CellState | null {
    const entry = page.series[seriesIndex];
    const image = shownImage();
    if (!entry || !stage || !image) return null;
    return { series: entry.seriesInstanceUID, image: { sopInstanceUID: image.sopInstanceUID, frame: image.frame }, ...stage.placing() };
  }

  const cell: Cell = {
    id,
    node,
    board,
    openSeries,
    showFirst,
    goTo,
    leave,
    state,
    draw,
    describe: () => {
      const image = shownImage();
      if (image) describe(image);
    },
    image: shownImage,
    stage: () => stage,
    session: () => session,
    seriesIndex: () => seriesIndex,
    target: () => target,
    shown: () => shown,
    status: () => status,
    size: (): ImagePoint => [board.clientWidth, board.clientHeight],
  };
  return cell;
}

