/** One viewer on the page: joins the cells, the series and the controls. */

import { createAnnouncer } from './announce';
import { createCell } from './cell';
import type { Cause, Cell, CellHost } from './cell-contract';
import { createCine } from './cine';
import { element } from './element';
import { createFullScreen } from './full-screen';
import { listenForGestures } from './gestures';
import { createGrid } from './grid';
import { handOver } from './hand';
import { createHelp } from './help';
import { listenForKeys, type KeyCommand } from './keys';
import { rememberDataSaver, savesData } from './line';
import { counterpart, sharesSpace } from './linking';
import { createMarks, markInWords, markLinks, type Mark } from './marks';
import { createMeasurements, type Reading } from './measure';
import type { Mpr } from './mpr';
import { isSameImage, keyImageLinks, readHash, type ImageAddress, type Page } from './page';
import { presetOf, presetsFor, type Preset, type Window } from './presets';
import { indexOfImage, type StackImage } from './series';
import type { Prefetcher } from './prefetch';
import { createSessions, startEarly, type HeadStart, type Session, type StageModule } from './session';
import { MOST_POINTS, type Kind, type Shape } from './shapes';
import { createSketch, type Progress } from './sketch';
import { stackOf } from './stacks';
import { createStrip } from './strip';
import { text } from './text';
import { createToolbar, type ToolbarCommand } from './toolbar';
import { defaultTool, kindOf, usableTools, type ToolName } from './tools';
import { cellCount, fromFragment, toFragment, type LayoutName, type ViewState } from './view-state';

const KEY_ZOOM = 1.25;
const KEY_PAN_PIXELS = 40;
const FIRST_FRAME = 'viewer:first-frame';
/** How far Shift takes the caret with one key. */
const CARET_LEAP = 10;

/** What an author's page adds, kept out of every reader's download. */
export interface AuthorHooks {
  drew(cell: Cell, image: StackImage, shape: Shape): void;
}

/** `firstIsHere` is told when the line is free for Cornerstone: the first frame has come, or there is none to wait for. */
export function openCaseViewer(page: Page, stageModule: StageModule, firstIsHere: () => void): void {
  const { section } = page;
  const announcer = createAnnouncer();
  const sessions = createSessions(page, stageModule);
  const measurements = createMeasurements();
  const marks = createMarks(page.author !== null, () => redrawAll());
  const toolbar = createToolbar({ chooseTool, choosePreset, chooseWindow, chooseLayout, setSpeed: (fps) => cine.setSpeed(fps), run: (command) => void run(command) });
  const strip = createStrip(page.series, (index) => {
    closeMpr();
    void grid.active().openSeries(index);
  });
  const help = createHelp();
  const cine = createCine(playOn, updateControls);
  const sketch = createSketch(measurements, readingOf, drew, say);
  const fullScreen = createFullScreen(section, updateControls);

  let stageNow: Awaited<StageModule> | null = null;
  void stageModule.then((stage) => (stageNow = stage)).catch(() => undefined);
  let tool: ToolName = 'window';
  let isToolChosen = false;
  let isLinked = false;
  /** Where each cell stood when it was linked. */
  const anchors = new Map<Cell, number>();
  /** What was loading when the page went out of sight. */
  const interrupted = new Set<Prefetcher>();
  let mpr: Mpr | null = null;
  let authorHooks: AuthorHooks | null = null;

  const host: CellHost = {
    page,
    stageModule,
    sessions,
    marks,
    measurements,
    announcer,
    activate: (cell) => grid.activate(cell),
    opening,
    moved,
    settled,
    rendered,
    loading: (cell) => isActive(cell) && showLoaded(cell),
    changed,
    drawnOn: (cell, image) => {
      const draft = sketch.draftIn(cell);
      return { drawn: [...marks.drawnOn(image), ...measurements.drawnOn(image), ...draft.drawn], caret: draft.caret };
    },
    findings,
  };
  let poster = page.poster;
  const grid = createGrid(() => {
    const cell = createCell(host, poster);
    poster = null;
    listenForGestures(cell.board, handOver(cell, hand()));
    return cell;
  }, activated);
  // The first cell is made while `grid` is still being filled; `isActive` is asked only afterwards.
  const isActive = (cell: Cell) => grid.active() === cell;
  const stageOfActive = () => grid.active().stage();

  function hand() {
    return {
      tool: () => tool,
      sketch,
      cellCount: () => cellCount(grid.layout()),
      turnToCell,
      measureNow: () => chooseTool('length'),
      redraw: (cell: Cell) => {
        cell.draw();
        updateControls();
      },
    };
  }

  // ---- the beginning ----

  function start(): void {
    section.classList.add('is-live');
    section.append(toolbar.node, strip.node, grid.segments, grid.node, announcer.node, help);
    listenForKeys(section, runKey);
    window.addEventListener('hashchange', () => void followHash());
    for (const link of keyImageLinks()) link.addEventListener('click', () => queueMicrotask(() => void followHash()));
    for (const link of markLinks()) link.addEventListener('click', (event) => showMarkOf(link, event));
    document.addEventListener('visibilitychange', followVisibility);
    toolbar.open(usableTools(2), [], false, page.series.length);
    updateControls();
    void openFirst();
    if (page.author) void import('./author').then(({ openAuthor }) => (authorHooks = openAuthor({ page, marks, toolbar, grid, stateNow, chooseTool, showMark, redrawAll, say })));
  }

  async function openFirst(): Promise<void> {
    const asked = fromFragment(location.hash);
    const image = readHash(location.hash);
    if (asked && asked.cells.some((cell) => cell && seriesIndexOf(cell.series) >= 0)) return restore(asked);
    if (image) return openImageFirst(image);
    if (page.arrangement) return restore(page.arrangement);
    const [entry] = page.series;
    const address = entry?.keyImages?.[0] ?? entry?.firstImage;
    if (!entry || !address) {
      firstIsHere();
      return grid.active().openSeries(0);
    }
    const early = startEarly(page, entry, address);
    void drawFirst(address, early);
    await grid.active().openSeries(0, undefined, undefined, early);
  }

  /** Puts the first slice itself in place of the server's picture; where that cannot be done, the picture stays. */
  async function drawFirst(address: ImageAddress, early: HeadStart): Promise<void> {
    try {
      const [plain, frame, session] = await Promise.all([import('./first-slice'), early.frame, sessions.get(0, early)]);
      firstIsHere();
      const image = session.series.images[indexOfImage(session.series, address)];
      const canvas = image ? await plain.firstSlice(frame, image.instance) : null;
      if (canvas) grid.cells()[0]?.showFirst(canvas);
    } catch {
      firstIsHere();
    }
  }

  async function openImageFirst(asked: ImageAddress): Promise<void> {
    firstIsHere();
    const known = seriesWithKeyImage(asked);
    const entry = page.series[Math.max(known, 0)];
    if (known >= 0 && entry) return grid.active().openSeries(known, asked, undefined, startEarly(page, entry, asked));
    const place = await findImage(asked).catch(() => null);
    await grid.active().openSeries(place?.series ?? 0, place?.index);
  }

  /** The cell that was active first, so that its image is there first; the others then open together. */
  async function restore(state: ViewState): Promise<void> {
    firstIsHere();
    closeMpr();
    grid.arrange(state.layout);
    const cells = grid.cells();
    const first = cells[state.active] ?? cells[0];
    if (!first) return;
    grid.activate(first);
    setLinked(false);
    await openCell(first, state.cells[state.active] ?? state.cells[0] ?? null, true);
    await Promise.all(cells.map((cell, index) => (cell === first ? undefined : openCell(cell, state.cells[index] ?? null, false))));
    if (state.isLinked) setLinked(true);
  }

  async function openCell(cell: Cell, state: ViewState['cells'][number], isFirst: boolean): Promise<void> {
    const index = state ? seriesIndexOf(state.series) : -1;
    const entry = page.series[index];
    if (!state || !entry) return isFirst ? cell.openSeries(0) : cell.leave();
    const isFresh = isFirst && state.image && cell.status() === 'empty';
    await cell.openSeries(index, state.image ?? undefined, state, isFresh && state.image ? startEarly(page, entry, state.image) : undefined);
  }

  function seriesIndexOf(uid: string): number {
    return page.series.findIndex((entry) => entry.seriesInstanceUID === uid);
  }

  function seriesWithKeyImage(address: ImageAddress): number {
    return page.series.findIndex((entry) => entry.keyImages?.some((key) => isSameImage(key, address)));
  }

  function stateNow(): ViewState {
    const cells = grid.cells();
    return { layout: grid.layout(), isLinked, active: cells.indexOf(grid.active()), cells: cells.map((cell) => cell.state()) };
  }

  // ---- cells tell ----

  function opening(cell: Cell, session: Session): void {
    if (!isActive(cell)) return;
    openControls(session);
  }

  function openControls({ series }: Session): void {
    const count = series.images.length;
    if (!isToolChosen || (tool === 'scroll' && count < 2)) tool = defaultTool(count);
    toolbar.open(usableTools(count), presetsFor(series.entry.modality), count > 1, page.series.length);
    updateControls();
  }

  function moved(cell: Cell, index: number): void {
    if (isLinked) bringAlong(cell, index);
  }

  function settled(cell: Cell, cause: Cause): void {
    if (isLinked && cause === 'open') anchor();
    if (!isActive(cell)) return;
    section.dataset.slice = String(cell.shown() + 1);
    const image = cell.image();
    const count = cell.session()?.series.images.length ?? 0;
    if (!image) return;
    pointLinksAt(image);
    if (!cine.isPlaying()) say(sliceInWords(image, cell.shown(), count));
    updateControls();
  }

  function sliceInWords(image: StackImage, index: number, count: number): string {
    const caption = image.keyImage ? `${text.keyImage}: ${image.keyImage.caption}` : '';
    const pointed = marks.isShown() ? marks.on(image).map((mark) => markInWords(mark, image)) : [];
    return [text.slice(index + 1, count), caption, ...pointed].filter(Boolean).join('. ');
  }

  function rendered(cell: Cell): void {
    if (isActive(cell)) updateControls();
  }

  function changed(cell: Cell): void {
    if (!isActive(cell)) return;
    strip.select(cell.seriesIndex(), cell.board.id);
    section.dataset.viewerState = { empty: 'loading', loading: 'loading', ready: 'ready', error: 'error' }[cell.status()];
    if (cell.status() === 'ready') markFirstFrame();
  }

  function activated(cell: Cell): void {
    cine.stop();
    const session = cell.session();
    strip.select(cell.seriesIndex(), cell.board.id);
    section.dataset.slice = String(cell.shown() + 1);
    if (cell.status() !== 'empty') changed(cell);
    if (session) {
      openControls(session);
      showLoaded(cell);
    }
    const image = cell.image();
    if (image) pointLinksAt(image);
    updateControls();
  }

  function showLoaded(cell: Cell): void {
    section.dataset.loaded = String(cell.session()?.prefetcher.loaded.size ?? 0);
  }

  function followVisibility(): void {
    for (const cell of grid.cells()) {
      const prefetcher = cell.session()?.prefetcher;
      if (!prefetcher) continue;
      if (document.hidden && prefetcher.isRunning) {
        interrupted.add(prefetcher);
        prefetcher.pause();
      } else if (!document.hidden && (interrupted.delete(prefetcher) || !savesData())) prefetcher.start();
    }
  }

  // ---- linked scrolling ----

  function setLinked(on: boolean): void {
    isLinked = on;
    anchor();
    updateControls();
  }

  function anchor(): void {
    anchors.clear();
    for (const cell of grid.cells()) if (cell.session()) anchors.set(cell, cell.shown());
    grid.showLink(linkKind());
  }

  function stackIn(cell: Cell) {
    const session = cell.session();
    return session && stageNow ? stackOf(session.series, stageNow.plannedPlaneOf) : null;
  }

  function linkKind(): 'off' | 'space' | 'step' {
    const stacks = grid.cells().map(stackIn).filter((stack) => stack !== null);
    const [first, ...others] = stacks;
    if (!isLinked || !first || others.length === 0) return 'off';
    return others.every((other) => sharesSpace(first, other)) ? 'space' : 'step';
  }

  function bringAlong(leader: Cell, index: number): void {
    const from = stackIn(leader);
    if (!from) return;
    for (const cell of grid.cells()) {
      const to = cell === leader ? null : stackIn(cell);
      if (!to || to.count < 2) continue;
      const wanted = counterpart(from, index, to, { from: anchors.get(leader) ?? index, to: anchors.get(cell) ?? cell.shown() });
      if (wanted !== cell.target()) void cell.goTo(wanted, 'link');
    }
  }

  function toggleLink(): void {
    if (cellCount(grid.layout()) < 2) return;
    setLinked(!isLinked);
    say(isLinked ? text.linked[linkKind()] : text.unlinked);
  }

  // ---- key images, marks, addresses ----

  async function followHash(): Promise<void> {
    const state = fromFragment(location.hash);
    if (state) return restore(state);
    const address = readHash(location.hash);
    if (address) await goToImage(address);
  }

  async function goToImage(address: ImageAddress): Promise<void> {
    const place = await findImage(address).catch(() => null);
    if (!place) return;
    closeMpr();
    bringIntoView();
    const there = grid.cells().find((cell) => cell.seriesIndex() === place.series) ?? grid.active();
    grid.activate(there);
    await there.openSeries(place.series, place.index);
  }

  /** Looks in the series on the stage first, then where the page says it is a key image, then in the others. */
  async function findImage(address: ImageAddress): Promise<{ series: number; index: number } | null> {
    const order = new Set([...grid.cells().map((cell) => cell.seriesIndex()), seriesWithKeyImage(address), ...page.series.keys()]);
    for (const series of order) {
      if (series < 0) continue;
      const index = indexOfImage((await sessions.get(series)).series, address);
      if (index >= 0) return { series, index };
    }
    return null;
  }

  function bringIntoView(): void {
    const { top, bottom } = grid.node.getBoundingClientRect();
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (top < 0 || bottom > innerHeight) section.scrollIntoView({ block: 'nearest', behavior: isStill ? 'auto' : 'smooth' });
  }

  function pointLinksAt(image: StackImage): void {
    for (const link of keyImageLinks()) {
      const address = readHash(link.hash);
      if (address && isSameImage(address, image)) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  function showMarkOf(link: HTMLAnchorElement, event: Event): void {
    const mark = marks.all().find(({ number }) => number === Number(link.dataset.mark));
    if (!mark) return;
    event.preventDefault();
    void showMark(mark);
  }

  async function showMark(mark: Mark): Promise<void> {
    marks.show(true);
    marks.choose(mark.number);
    await goToImage(mark);
    redrawAll();
    grid.active().board.focus({ preventScroll: true });
  }

  function findings(): string {
    const told = document.querySelector('[data-findings]');
    const isOpen = told && !told.closest('details:not([open])');
    return isOpen ? (told.textContent ?? '').replace(/\s+/g, ' ').trim() : '';
  }

  // ---- drawing ----

  function readingOf(image: StackImage): Reading {
    return { spacing: stageNow?.spacingOf(image) ?? { across: 1, down: 1, unit: 'px', isAtDetector: false }, pixels: stageNow?.pixelsOf(image) ?? null };
  }

  function drew(cell: Cell, image: StackImage, shape: Shape): void {
    if (tool.startsWith('draw:')) authorHooks?.drew(cell, image, shape);
    else say(`${text.measures[shape.kind as keyof typeof text.measures]}: ${measurements.add(image, shape, readingOf(image))}`);
    cell.describe();
    cell.draw();
    updateControls();
  }

  function redrawAll(): void {
    for (const cell of grid.cells()) {
      cell.draw();
      cell.describe();
    }
    updateControls();
  }

  // ---- commands ----

  function say(words: string): void {
    announcer.say(words);
  }

  function chooseTool(name: ToolName): void {
    tool = name;
    isToolChosen = true;
    sketch.cancel();
    const kind: Kind | null = kindOf(name);
    sketch.arm(kind);
    if (kind) say(text.drawHint);
    redrawAll();
  }

  function choosePreset(preset: Preset): void {
    chooseWindow(preset);
    say(text.presets[preset.name]);
  }

  function chooseWindow(window: Window): void {
    stageOfActive()?.setWindow(window);
    mpr?.setWindow(window);
    updateControls();
  }

  function chooseLayout(layout: LayoutName): void {
    closeMpr();
    const fresh = grid.arrange(layout);
    const shown = new Set(grid.cells().map((cell) => cell.seriesIndex()));
    const waiting = [...page.series.keys()].filter((index) => !shown.has(index));
    for (const cell of fresh) {
      const next = waiting.shift();
      if (next !== undefined) void cell.openSeries(next);
    }
    if (isLinked) setLinked(layout !== '1x1');
    activated(grid.active());
    say(text.layout(...(layout.split('x').map(Number) as [number, number])));
  }

  function turnToCell(way: 1 | -1): void {
    const cells = grid.cells();
    const next = cells[(cells.indexOf(grid.active()) + way + cells.length) % cells.length];
    if (!next) return;
    grid.activate(next);
    next.board.focus({ preventScroll: true });
    say(text.cell(cells.indexOf(next) + 1));
  }

  const COMMANDS: Record<ToolbarCommand, () => unknown> = {
    invert: () => (mpr ? mpr.toggleInvert() : stageOfActive()?.toggleInvert()),
    rotate: () => stageOfActive()?.rotate(),
    flip: () => stageOfActive()?.flip(),
    fit: () => stageOfActive()?.fit(),
    oneToOne: () => stageOfActive()?.oneToOne(),
    reset: () => stageOfActive()?.reset(),
    clear: clearMeasurements,
    help: () => help.showModal(),
    fullScreen: () => fullScreen.toggle(),
    link: toggleLink,
    cine: () => cine.toggle(),
    mpr: toggleMpr,
    marks: toggleMarks,
    copyLink,
    dataSaver: toggleDataSaver,
  };

  async function run(command: ToolbarCommand): Promise<void> {
    await COMMANDS[command]();
    updateControls();
  }

  function runKey(command: KeyCommand): boolean {
    const cell = grid.active();
    if (command.name === 'step') step(command.by, command.arrow);
    else if (command.name === 'move') move(command.dx, command.dy);
    else if (command.name === 'first') void cell.goTo(0);
    else if (command.name === 'last') void cell.goTo(Infinity);
    else if (command.name === 'preset') presetKey(command.key);
    else if (command.name === 'tool') chooseTool(command.tool);
    else if (command.name === 'zoomIn') cell.stage()?.zoomAt(KEY_ZOOM, middle());
    else if (command.name === 'zoomOut') cell.stage()?.zoomAt(1 / KEY_ZOOM, middle());
    else if (command.name === 'removeMeasurement') removeMeasurement();
    else if (command.name === 'nextCell') turnToCell(1);
    else if (command.name === 'putDown') return putDown();
    else if (command.name === 'cancel') return cancel();
    else void run(command.name);
    return true;
  }

  function cancel(): boolean {
    if (sketch.cancel()) {
      redrawAll();
      return true;
    }
    if (!mpr) return false;
    closeMpr();
    return true;
  }

  function putDown(): boolean {
    const cell = grid.active();
    const wasPlacing = sketch.isPlacing();
    const progress = sketch.putDown(cell);
    if (!progress) return false;
    // A shape that is complete has told its own words.
    if (progress.count > 0 || !wasPlacing) tellProgress(progress);
    cell.draw();
    return true;
  }

  function tellProgress({ count, wanted }: Progress): void {
    if (count > 0) say(text.pointDown(count, Math.min(wanted, MOST_POINTS), wanted === Infinity));
    else say(text.caretHint);
  }

  /** While a point is being placed, plain arrows take the caret along; otherwise they turn the pages. */
  function step(by: number, arrow?: readonly [number, number]): void {
    const cell = grid.active();
    if (!sketch.isPlacing()) void cell.goTo(cell.target() + by);
    else if (arrow && sketch.moveCaret(cell, ...arrow)) cell.draw();
  }

  function move(dx: number, dy: number): void {
    const cell = grid.active();
    if (sketch.moveCaret(cell, dx * CARET_LEAP, dy * CARET_LEAP)) cell.draw();
    else cell.stage()?.panBy(-dx * KEY_PAN_PIXELS, -dy * KEY_PAN_PIXELS);
  }

  function presetKey(key: string): void {
    const preset = presetsFor(grid.active().session()?.series.entry.modality ?? '').find((one) => one.key === key);
    if (preset) choosePreset(preset);
  }

  function removeMeasurement(): void {
    const image = grid.active().image();
    const removed = image && measurements.removeLast(image);
    if (removed) say(text.removed(removed));
    redrawAll();
  }

  function clearMeasurements(): void {
    measurements.clear();
    redrawAll();
  }

  function toggleMarks(): void {
    if (!marks.isRevealed()) return;
    marks.show(!marks.isShown());
    marks.choose(null);
    say(marks.isShown() ? text.marksShown : text.marksHidden);
    redrawAll();
  }

  function middle(): [number, number] {
    const [width, height] = grid.active().size();
    return [width / 2, height / 2];
  }

  async function playOn(): Promise<void> {
    const cell = grid.active();
    const count = cell.session()?.series.images.length ?? 1;
    await cell.goTo((cell.target() + 1) % count);
  }

  async function copyLink(): Promise<void> {
    const fragment = toFragment(stateNow());
    history.replaceState(null, '', fragment);
    try {
      await navigator.clipboard.writeText(location.href);
      say(text.linkCopied);
    } catch {
      // No clipboard without a secure context: the address bar holds the link all the same.
      say(text.linkInAddress);
    }
    tellShortly(text.linkInAddress);
  }

  const toast = element('p', { class: 'viewer-toast', 'aria-hidden': 'true' });
  toast.hidden = true;
  section.append(toast);
  let toastTimer = 0;

  function tellShortly(words: string): void {
    toast.textContent = words;
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = window.setTimeout(() => (toast.hidden = true), 4000);
  }

  function toggleDataSaver(): void {
    const isOn = !savesData();
    rememberDataSaver(isOn);
    for (const cell of grid.cells()) isOn ? cell.session()?.prefetcher.pause() : cell.session()?.prefetcher.start();
    say(isOn ? text.savingData : text.notSavingData);
  }

  // ---- other planes ----

  async function toggleMpr(): Promise<void> {
    if (mpr) return closeMpr();
    const cell = grid.active();
    const session = cell.session();
    const stage = cell.stage();
    if (!session || !stage || !stageNow) return;
    cine.stop();
    const { openMpr } = await import('./mpr');
    const { window, isInverted } = stage.view();
    mpr = openMpr({ session, start: cell.shown(), window, isInverted, stage: stageNow, say, onClose: closeMpr });
    grid.node.hidden = grid.segments.hidden = true;
    grid.node.after(mpr.node);
    section.classList.add('is-mpr');
    mpr.focus();
    updateControls();
  }

  function closeMpr(): void {
    if (!mpr) return;
    const hadFocus = mpr.node.contains(document.activeElement);
    mpr.close();
    mpr.node.remove();
    mpr = null;
    section.classList.remove('is-mpr');
    grid.node.hidden = false;
    grid.arrange(grid.layout());
    if (hadFocus) grid.active().board.focus({ preventScroll: true });
    updateControls();
  }

  // ---- state ----

  function updateControls(): void {
    const cell = grid.active();
    const view = cell.shown() >= 0 ? (cell.stage()?.view() ?? null) : null;
    for (const { board } of grid.cells()) board.dataset.tool = tool;
    const window = mpr?.window() ?? view?.window ?? null;
    toolbar.update({
      tool,
      preset: window ? (presetOf(window, presetsFor(cell.session()?.series.entry.modality ?? ''))?.name ?? null) : null,
      window,
      layout: grid.layout(),
      isLinked,
      isInverted: mpr ? mpr.isInverted() : Boolean(view?.isInverted),
      isFullScreen: fullScreen.isOn(),
      isPlaying: cine.isPlaying(),
      isMpr: mpr !== null,
      isSavingData: savesData(),
      areMarksShown: marks.isRevealed() ? marks.isShown() : null,
      measurementCount: measurements.count(),
    });
  }

  start();
}

function markFirstFrame(): void {
  if (performance.getEntriesByName(FIRST_FRAME).length === 0) performance.mark(FIRST_FRAME);
}
