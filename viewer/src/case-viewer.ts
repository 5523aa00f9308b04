/** One viewer on the page: joins the series, the stage and the controls. */

import { createFullScreen } from './full-screen';
import { listenForGestures, type GestureListener } from './gestures';
import type { Point } from './geometry';
import { listenForKeys, type KeyCommand } from './keys';
import { createLayout } from './layout';
import { createMeasurements, type Measurements } from './measure';
import { memoryLimitBytes } from './memory';
import { isSameImage, keyImageLinks, readHash, type ImageAddress, type Page } from './page';
import { draggedWindow, presetOf, presetsFor, type Preset } from './presets';
import { indexOfImage, startIndex, type StackImage } from './series';
import { openSession, startEarly, type HeadStart, type Session, type StageModule } from './session';
import { createSlider } from './slider';
import type { Stage } from './stage';
import { createStrip } from './strip';
import { text } from './text';
import { createToolbar, type ToolbarCommand } from './toolbar';
import { defaultTool, pixelsPerSlice, toolForButton, usableTools, type ToolName } from './tools';

type State = 'loading' | 'ready' | 'error';

const KEY_ZOOM = 1.25;
const DRAG_ZOOM_PER_PIXEL = 0.006;
const WHEEL_ZOOM = 1.1;
const FIRST_FRAME = 'viewer:first-frame';

export function openCaseViewer(page: Page, stageModule: StageModule): void {
  const { section } = page;
  const layout = createLayout(page);
  const { overlay, board } = layout;
  const slider = createSlider((index) => void goTo(index));
  const toolbar = createToolbar({ chooseTool, choosePreset, run });
  const strip = createStrip(page.series, board.id, (index) => void openSeries(index));
  const fullScreen = createFullScreen(section, updateControls);
  const sessions: (Promise<Session> | undefined)[] = [];

  let stage: Stage | null = null;
  let measurements: Measurements | null = null;
  let session: Session | null = null;
  let seriesIndex = -1;
  /** Counts the series asked for, so that an answer to an earlier wish is not shown. */
  let wish = 0;
  let target = 0;
  let shown = -1;
  let tool: ToolName = 'window';

  // ---- series and slices ----

  function start(): void {
    section.classList.add('is-live');
    section.append(toolbar.node, strip.node, board, slider.node, layout.announcer.node, layout.help);
    board.append(overlay.node);
    listenForGestures(board, gestures);
    listenForKeys(section, runKey);
    window.addEventListener('hashchange', () => void followHash());
    for (const link of keyImageLinks()) link.addEventListener('click', () => queueMicrotask(() => void followHash()));
    document.addEventListener('visibilitychange', () => (document.hidden ? session?.prefetcher.pause() : session?.prefetcher.start()));
    new ResizeObserver(() => stage?.resize()).observe(layout.canvas);
    void openFirst();
  }

  async function openFirst(): Promise<void> {
    const asked = readHash(location.hash);
    const first = asked ? Math.max(seriesWithKeyImage(asked), 0) : 0;
    const address = asked ?? page.series[first]?.keyImages?.[0];
    const isKnown = address && seriesWithKeyImage(address) === first;
    const entry = page.series[first];
    const early = isKnown && entry ? startEarly(page, entry, address) : new Map();
    if (asked && seriesWithKeyImage(asked) < 0) {
      const place = await findImage(asked).catch(() => null);
      if (place) return openSeries(place.series, place.index);
    }
    await openSeries(first, asked ?? undefined, early);
  }

  function seriesWithKeyImage(address: ImageAddress): number {
    return page.series.findIndex((entry) => entry.keyImages?.some((key) => isSameImage(key, address)));
  }

  function sessionOf(index: number, early: HeadStart = new Map()): Promise<Session> {
    const entry = page.series[index];
    if (!entry) return Promise.reject(new RangeError('no such series'));
    const opening = (sessions[index] ??= openSession(page, entry, stageModule, early, () => {
      if (index === seriesIndex && session) showLoaded(session);
    }));
    opening.catch(() => (sessions[index] = undefined));
    return opening;
  }

  async function openSeries(index: number, at?: number | ImageAddress, early?: HeadStart): Promise<void> {
    if (index === seriesIndex && session) return typeof at === 'number' ? goTo(at) : undefined;
    leaveSeries();
    const thisWish = ++wish;
    const isStillWanted = () => thisWish === wish;
    seriesIndex = index;
    strip.select(index);
    setState('loading');
    overlay.showError(null);
    overlay.showBusy(text.loading);
    try {
      const opened = await sessionOf(index, early);
      if (isStillWanted()) await showSeries(opened, isStillWanted, at);
    } catch {
      // Network, server or decoder: whatever it was, the reader can only try again.
      if (isStillWanted()) fail(() => void openSeries(index, at));
    }
  }

  async function showSeries(opened: Session, isStillWanted: () => boolean, at?: number | ImageAddress): Promise<void> {
    const { series, prefetcher } = opened;
    if (series.images.length === 0) return failEmpty();
    const asked = typeof at === 'object' ? indexOfImage(series, at) : (at ?? -1);
    target = asked >= 0 ? asked : (opened.lastIndex ?? startIndex(series));
    slider.open(series);
    slider.moveTo(target);
    tool = defaultTool(series.images.length);
    toolbar.open(usableTools(series.images.length), presetsFor(series.entry.modality));
    await prefetcher.want(target);
    const ready = await readyStage();
    if (!isStillWanted()) return;
    await ready.openStack(series.images, target);
    if (!isStillWanted()) return;
    session = opened;
    settle(target);
    showLoaded(opened);
    prefetcher.start();
  }

  function leaveSeries(): void {
    if (!session) return;
    session.lastIndex = shown;
    session.prefetcher.pause();
    if (session.prefetcher.loaded.size * session.frameBytes > memoryLimitBytes() / 2) session.prefetcher.clear();
    session = null;
    shown = -1;
  }

  async function readyStage(): Promise<Stage> {
    if (stage) return stage;
    const { createStage } = await stageModule;
    const created = createStage(layout.canvas);
    measurements = createMeasurements(created);
    layout.canvas.after(measurements.node);
    created.onRender(whenRendered);
    stage = created;
    return created;
  }

  async function goTo(index: number): Promise<void> {
    if (!session || !stage) return;
    const reading = session;
    target = Math.min(Math.max(index, 0), reading.series.images.length - 1);
    const wanted = target;
    const isStillWanted = () => wanted === target && reading === session;
    slider.moveTo(wanted);
    overlay.showError(null);
    overlay.showBusy(reading.prefetcher.isLoaded(wanted) ? null : text.sliceLoading(wanted + 1));
    try {
      await reading.prefetcher.want(wanted);
      if (!isStillWanted()) return;
      await stage.show(wanted);
      if (isStillWanted()) settle(wanted);
    } catch {
      if (isStillWanted()) failSlice(wanted);
    }
  }

  /** The image on the screen is now this one. */
  function settle(index: number): void {
    const image = session?.series.images[index];
    if (!session || !stage || !image) return;
    shown = index;
    section.dataset.slice = String(index + 1);
    overlay.showBusy(null);
    overlay.showImage(session.series, index, stage.plane(image));
    measurements?.draw(image);
    markLinks(image);
    const caption = image.keyImage ? ` ${text.keyImage}: ${image.keyImage.caption}` : '';
    layout.announcer.say(text.slice(index + 1, session.series.images.length) + caption);
  }

  function whenRendered(): void {
    if (!stage || shown < 0) return;
    const image = shownImage();
    overlay.showView(stage.view());
    if (image) measurements?.draw(image);
    updateControls();
    if (section.dataset.viewerState !== 'ready') {
      layout.hidePoster();
      setState('ready');
      markFirstFrame();
    }
  }

  function shownImage(): StackImage | null {
    return session?.series.images[shown] ?? null;
  }

  // ---- key images and their links ----

  async function followHash(): Promise<void> {
    const address = readHash(location.hash);
    if (!address) return;
    const place = await findImage(address).catch(() => null);
    if (!place) return;
    bringIntoView();
    await openSeries(place.series, place.index);
  }

  /** Looks in the series on the stage first, then where the page says it is a key image, then in the others. */
  async function findImage(address: ImageAddress): Promise<{ series: number; index: number } | null> {
    const order = new Set([seriesIndex, seriesWithKeyImage(address), ...page.series.keys()]);
    for (const series of order) {
      if (series < 0) continue;
      const index = indexOfImage((await sessionOf(series)).series, address);
      if (index >= 0) return { series, index };
    }
    return null;
  }

  function bringIntoView(): void {
    const { top, bottom } = board.getBoundingClientRect();
    const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
    if (top < 0 || bottom > innerHeight) section.scrollIntoView({ block: 'nearest', behavior: isStill ? 'auto' : 'smooth' });
  }

  function markLinks(image: StackImage): void {
    for (const link of keyImageLinks()) {
      const address = readHash(link.hash);
      if (address && isSameImage(address, image)) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    }
  }

  // ---- commands ----

  function chooseTool(name: ToolName): void {
    tool = name;
    updateControls();
  }

  function choosePreset(preset: Preset): void {
    stage?.setWindow(preset);
    layout.announcer.say(text.presets[preset.name]);
  }

  function run(command: ToolbarCommand): void {
    if (command === 'invert') stage?.toggleInvert();
    if (command === 'reset') stage?.reset();
    if (command === 'clear') clearMeasurements();
    if (command === 'help') layout.help.showModal();
    if (command === 'fullScreen') fullScreen.toggle();
  }

  function runKey(command: KeyCommand): void {
    if (command.name === 'step') void goTo(target + command.by);
    else if (command.name === 'first') void goTo(0);
    else if (command.name === 'last') void goTo(Infinity);
    else if (command.name === 'preset') presetKey(command.key);
    else if (command.name === 'zoomIn') stage?.zoomAt(KEY_ZOOM, middle());
    else if (command.name === 'zoomOut') stage?.zoomAt(1 / KEY_ZOOM, middle());
    else if (command.name === 'removeMeasurement') removeMeasurement();
    else run(command.name);
  }

  function presetKey(key: string): void {
    const preset = presetsFor(session?.series.entry.modality ?? '').find((one) => one.key === key);
    if (preset) choosePreset(preset);
  }

  function removeMeasurement(): void {
    const image = shownImage();
    if (image) measurements?.removeLast(image);
    redraw();
  }

  function clearMeasurements(): void {
    measurements?.clear();
    redraw();
  }

  function redraw(): void {
    const image = shownImage();
    if (image) measurements?.draw(image);
    updateControls();
  }

  function middle(): Point {
    return [board.clientWidth / 2, board.clientHeight / 2];
  }

  // ---- gestures ----

  let dragTool: ToolName | null = null;
  let dragFrom: Point = [0, 0];
  let travel = 0;

  const gestures: GestureListener = {
    dragStart(at, button) {
      dragTool = toolForButton(button, tool);
      dragFrom = at;
      travel = 0;
      const image = shownImage();
      if (dragTool === 'length' && image) measurements?.begin(at, image);
      board.classList.add('is-dragging');
    },
    dragMove(at, dx, dy) {
      if (!stage || !dragTool) return;
      if (dragTool === 'window') stage.setWindow(draggedWindow(stage.view().window, dx, dy));
      if (dragTool === 'pan') stage.panBy(dx, dy);
      if (dragTool === 'zoom') stage.zoomAt(Math.exp(-dy * DRAG_ZOOM_PER_PIXEL), dragFrom);
      if (dragTool === 'scroll') scrollBy(dy);
      if (dragTool === 'length') measurements?.extend(at);
      if (dragTool === 'length') redraw();
    },
    dragEnd() {
      if (dragTool === 'length') measurements?.finish();
      endDrag();
    },
    dragCancel() {
      measurements?.cancel();
      endDrag();
    },
    pinch(factor, at, dx, dy) {
      stage?.zoomAt(factor, at);
      stage?.panBy(dx, dy);
    },
    wheel(steps, at, isZoom) {
      const isStack = (session?.series.images.length ?? 0) > 1;
      if (isZoom || (!isStack && section.contains(document.activeElement))) {
        stage?.zoomAt(WHEEL_ZOOM ** -steps, at);
        return true;
      }
      if (isStack && steps) void goTo(target + steps);
      return isStack;
    },
  };

  function endDrag(): void {
    dragTool = null;
    board.classList.remove('is-dragging');
    redraw();
  }

  function scrollBy(dy: number): void {
    travel += dy;
    const step = pixelsPerSlice(board.clientHeight, session?.series.images.length ?? 1);
    const slices = Math.trunc(travel / step);
    travel -= slices * step;
    if (slices) void goTo(target + slices);
  }

  // ---- state ----

  function setState(state: State): void {
    section.dataset.viewerState = state;
  }

  function showLoaded({ prefetcher }: Session): void {
    section.dataset.loaded = String(prefetcher.loaded.size);
    slider.markLoaded(prefetcher.loaded, prefetcher.most);
  }

  function updateControls(): void {
    const view = stage && shown >= 0 ? stage.view() : null;
    board.dataset.tool = tool;
    toolbar.update({
      tool,
      preset: view ? (presetOf(view.window, presetsFor(session?.series.entry.modality ?? ''))?.name ?? null) : null,
      isInverted: Boolean(view?.isInverted),
      isFullScreen: fullScreen.isOn(),
      measurementCount: measurements?.count() ?? 0,
    });
  }

  function fail(retry: () => void): void {
    setState('error');
    overlay.showBusy(null);
    // A script that never arrived is only asked for again by a new page.
    overlay.showError(text.seriesFailed, () => void stageModule.then(retry, () => location.reload()));
  }

  function failEmpty(): void {
    setState('error');
    overlay.showBusy(null);
    overlay.showError(text.noImages);
  }

  function failSlice(index: number): void {
    overlay.showBusy(null);
    overlay.showError(text.sliceFailed(index + 1), () => void goTo(index));
    layout.announcer.say(text.sliceFailed(index + 1));
  }

  start();
}

function markFirstFrame(): void {
  if (performance.getEntriesByName(FIRST_FRAME).length === 0) performance.mark(FIRST_FRAME);
}
