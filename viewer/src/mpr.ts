/** The other planes of a volume: three cuts with one crosshair, drawn from the frames that lie in memory. */

import { element, setAttributes, svgElement } from './element';
import type { Point, WorldPoint } from './geometry';
import { directionLetters, edgeLetters } from './orientation';
import type { Window } from './presets';
import { numbersOf, type StackImage } from './series';
import { bytesToCome, type Session, type StageModule } from './session';
import { waitInWords } from './loading';
import { line } from './line';
import { text } from './text';
import { cutThrough, depthOf, geometryOf, windowed, type Cut, type Geometry, type Irregularity, type SlabKind, type Volume } from './volume';

export interface MprSource {
  session: Session;
  /** Image on the stage, where the crosshair begins. */
  start: number;
  window: Window;
  isInverted: boolean;
  stage: Awaited<StageModule>;
  say(words: string): void;
  onClose(): void;
}

export interface Mpr {
  node: HTMLElement;
  setWindow(window: Window): void;
  window(): Window;
  toggleInvert(): void;
  isInverted(): boolean;
  focus(): void;
  close(): void;
}

type Place = [column: number, row: number, frame: number];

interface Slab {
  kind: SlabKind;
  millimetres: number;
}

const CUTS: readonly Cut[] = ['slice', 'row', 'column'];
const THICKEST_MM = 60;

export function openMpr(source: MprSource): Mpr {
  const { session, say } = source;
  const close = element('button', { type: 'button', class: 'viewer-button is-word is-solid' }, text.mprClose);
  close.addEventListener('click', source.onClose);
  const body = element('div', { class: 'viewer-mpr-body' });
  const node = element('div', { class: 'viewer-mpr', role: 'group', 'aria-label': text.mprTitle }, body, element('div', { class: 'viewer-mpr-bar' }, close));
  let window = source.window;
  let isInverted = source.isInverted;
  let isClosed = false;
  let draw = () => undefined as void;

  void prepare();

  async function prepare(): Promise<void> {
    const { images } = session.series;
    const geometry = geometryOf(images.map((image) => placed(image, source)));
    if (typeof geometry === 'string') return refuse(geometry);
    if (session.prefetcher.most < images.length) return refuse('memory');
    if (!(await loadRest())) return;
    const volume = volumeOf(images, geometry, source);
    if (typeof volume === 'string') return refuse(volume);
    const [rows = 1, columns = 1] = numbersOf(images[0]?.instance['00280030']);
    const start = geometry.order.indexOf(source.start);
    draw = showPlanes(body, node.querySelector<HTMLElement>('.viewer-mpr-bar') as HTMLElement, {
      volume,
      geometry,
      spacing: [columns, rows, geometry.step],
      start: [volume.columns / 2, volume.rows / 2, Math.max(start, 0)],
      window: () => window,
      setWindow: (next) => (window = next),
      isInverted: () => isInverted,
      say,
    });
    node.dataset.ready = 'true';
    say(text.mprReady);
  }

  function refuse(why: Irregularity | 'memory' | 'values'): void {
    node.dataset.ready = 'refused';
    body.replaceChildren(element('p', { class: 'viewer-mpr-word', role: 'alert' }, text.mprRefused[why]));
  }

  /** Waits until every frame is in memory, telling how far it is; false when the reader has left. */
  async function loadRest(): Promise<boolean> {
    const { prefetcher, series } = session;
    const word = element('p', { class: 'viewer-mpr-word' });
    const bar = element('progress', { max: series.images.length, 'aria-label': text.loading });
    body.replaceChildren(element('div', { class: 'viewer-mpr-wait' }, word, bar));
    prefetcher.start();
    return new Promise((resolve) => {
      const tell = () => {
        bar.value = prefetcher.loaded.size;
        const left = bytesToCome(session);
        word.textContent = [text.loaded(prefetcher.loaded.size, series.images.length), left ? waitInWords(left, line.bytesPerSecond()) : ''].filter(Boolean).join(' · ');
        const isDone = prefetcher.loaded.size >= series.images.length;
        if (!isDone && !isClosed) return;
        session.listeners.delete(tell);
        resolve(!isClosed);
      };
      session.listeners.add(tell);
      tell();
    });
  }

  return {
    node,
    window: () => window,
    setWindow(next) {
      window = next;
      draw();
    },
    isInverted: () => isInverted,
    toggleInvert() {
      isInverted = !isInverted;
      draw();
    },
    focus: () => close.focus(),
    close: () => (isClosed = true),
  };
}

function placed(image: StackImage, { stage }: MprSource) {
  const { position, rowCosines, columnCosines } = stage.plannedPlaneOf(image);
  const [rows = 0] = numbersOf(image.instance['00280010']);
  const [columns = 0] = numbersOf(image.instance['00280011']);
  const [samples = 1] = numbersOf(image.instance['00280002']);
  return { position, rowCosines, columnCosines, rows, columns, samples };
}

function volumeOf(images: readonly StackImage[], { order }: Geometry, { stage }: MprSource): Volume | 'values' {
  const stored = order.map((index) => images[index]).map((image) => (image ? stage.storedOf(image) : null));
  const [first] = stored;
  const [rows = 0] = numbersOf(images[0]?.instance['00280010']);
  const [columns = 0] = numbersOf(images[0]?.instance['00280011']);
  const frames = stored.flatMap((each) => (each && first && each.slope === first.slope && each.intercept === first.intercept ? [each.values] : []));
  if (!first || frames.length !== order.length) return 'values';
  return { frames, columns, rows, slope: first.slope, intercept: first.intercept };
}

interface Planes {
  volume: Volume;
  geometry: Geometry;
  /** Millimetres from column to column, row to row, frame to frame. */
  spacing: [number, number, number];
  start: Place;
  window(): Window;
  setWindow(window: Window): void;
  isInverted(): boolean;
  say(words: string): void;
}

function showPlanes(body: HTMLElement, bar: HTMLElement, planes: Planes): () => void {
  const place: Place = [...planes.start];
  const slab: Slab = { kind: 'average', millimetres: 0 };
  const redraw = () => panes.forEach((pane) => pane.draw());
  const panes = CUTS.map((cut) => createPane(cut, planes, place, slab, redraw));
  const segments = element('div', { class: 'viewer-segments', role: 'group', 'aria-label': text.segments });
  const bring = (index: number) => {
    panes.forEach((pane, at) => pane.node.classList.toggle('is-active', at === index));
    segments.replaceChildren(...panes.map((pane, at) => {
      const button = element('button', { type: 'button', class: 'viewer-button is-word', 'aria-pressed': String(at === index) }, pane.name);
      button.addEventListener('click', () => {
        bring(at);
        pane.draw();
      });
      return button;
    }));
  };
  body.replaceChildren(...panes.map(({ node }) => node));
  body.before(segments);
  bar.prepend(...slabControls(slab, redraw));
  bring(0);
  new ResizeObserver(redraw).observe(body);
  redraw();
  return redraw;
}

function slabControls(slab: Slab, redraw: () => void): HTMLElement[] {
  const kind = element('select', { class: 'viewer-choose' }, ...(['average', 'most', 'least'] as const).map((name) => element('option', { value: name }, text.slabs[name])));
  const thickness = element('input', { type: 'number', class: 'viewer-number', min: 0, max: THICKEST_MM, step: 1, value: 0 });
  kind.addEventListener('change', () => {
    slab.kind = kind.value as SlabKind;
    redraw();
  });
  thickness.addEventListener('input', () => {
    slab.millimetres = Math.min(Math.max(thickness.valueAsNumber || 0, 0), THICKEST_MM);
    redraw();
  });
  const field = (label: string, control: HTMLElement) => element('label', { class: 'viewer-field' }, element('span', {}, label), control);
  return [field(text.slab, kind), field(text.slabThickness, thickness)];
}

/** How one cut lies in the volume: which part of the place runs across, down and deep in it. */
interface Lie {
  across: 0 | 1 | 2;
  down: 0 | 1 | 2;
  deep: 0 | 1 | 2;
  right: WorldPoint;
  bottom: WorldPoint;
  normal: WorldPoint;
}

function lieOf(cut: Cut, { across, down, normal }: Geometry): Lie {
  const foot = normal.map((value) => -value) as WorldPoint;
  if (cut === 'slice') return { across: 0, down: 1, deep: 2, right: across, bottom: down, normal };
  if (cut === 'row') return { across: 0, down: 2, deep: 1, right: across, bottom: foot, normal: down };
  return { across: 1, down: 2, deep: 0, right: down, bottom: foot, normal: across };
}

function planeName([x, y, z]: WorldPoint): string {
  const [ax, ay, az] = [Math.abs(x), Math.abs(y), Math.abs(z)];
  if (az >= ax && az >= ay) return text.planes.axial;
  return ay >= ax ? text.planes.coronal : text.planes.sagittal;
}

function createPane(cut: Cut, planes: Planes, place: Place, slab: Slab, redrawAll: () => void) {
  const { volume, geometry, spacing } = planes;
  const lie = lieOf(cut, geometry);
  const name = planeName(lie.normal);
  const depth = depthOf(volume, cut);
  const canvas = element('canvas', { class: 'viewer-mpr-canvas' });
  const hairs = svgElement('path', { class: 'viewer-hairs' });
  const lines = svgElement('svg', { class: 'viewer-drawing', 'aria-hidden': 'true' });
  lines.append(hairs);
  const word = element('span', { class: 'viewer-mpr-name', 'aria-hidden': 'true' });
  const letters = (['left', 'right', 'top', 'bottom'] as const).map((edge) => element('span', { class: `viewer-edge is-${edge}`, 'aria-hidden': 'true' }, edgeLetters(directionLetters(lie.right), directionLetters(lie.bottom))[edge]));
  const node = element('div', { class: 'viewer-mpr-pane', tabindex: 0, role: 'application', 'aria-roledescription': text.planeRole, 'data-own-keys': true, 'data-cut': cut }, canvas, lines, word, ...letters);
  const scratch = document.createElement('canvas');
  const width = cut === 'column' ? volume.rows : volume.columns;
  const height = cut === 'slice' ? volume.rows : volume.frames.length;
  /** Row 0 of the upright cuts is the last frame. */
  const isUpended = lie.down === 2;
  let box = { left: 0, top: 0, width: 1, height: 1 };

  function draw(): void {
    const scale = devicePixelRatio;
    if (node.clientWidth === 0 || node.clientHeight === 0) return;
    canvas.width = Math.round(node.clientWidth * scale);
    canvas.height = Math.round(node.clientHeight * scale);
    box = fitted(width * spacing[lie.across], height * spacing[lie.down], node.clientWidth, node.clientHeight);
    paint(scale);
    drawHairs();
    tell();
  }

  function paint(scale: number): void {
    const samples = Math.max(1, slab.millimetres / spacing[lie.deep]);
    const picture = cutThrough(volume, cut, place[lie.deep], samples, slab.kind);
    const { centre, width: windowWidth } = planes.window();
    [scratch.width, scratch.height] = [picture.width, picture.height];
    scratch.getContext('2d')?.putImageData(new ImageData(windowed(picture, centre, windowWidth, planes.isInverted()), picture.width, picture.height), 0, 0);
    const context = canvas.getContext('2d');
    context?.drawImage(scratch, box.left * scale, box.top * scale, box.width * scale, box.height * scale);
  }

  function hairAt(): Point {
    const down = isUpended ? height - 1 - place[lie.down] : place[lie.down];
    return [box.left + ((place[lie.across] + 0.5) / width) * box.width, box.top + ((down + 0.5) / height) * box.height];
  }

  function drawHairs(): void {
    const [x, y] = hairAt();
    const { left, top } = box;
    setAttributes(hairs, { d: `M${left} ${y}H${x - 12}M${x + 12} ${y}H${left + box.width}M${x} ${top}V${y - 12}M${x} ${y + 12}V${top + box.height}` });
  }

  function tell(): void {
    const words = text.planeAt(name, Math.round(place[lie.deep]) + 1, depth);
    word.textContent = words;
    node.setAttribute('aria-label', words);
  }

  function step(by: number): void {
    place[lie.deep] = clamp(place[lie.deep] + by, depth);
    redrawAll();
    planes.say(text.planeAt(name, Math.round(place[lie.deep]) + 1, depth));
  }

  function aim(at: Point): void {
    place[lie.across] = clamp(((at[0] - box.left) / box.width) * width - 0.5, width);
    const down = clamp(((at[1] - box.top) / box.height) * height - 0.5, height);
    place[lie.down] = isUpended ? height - 1 - down : down;
    redrawAll();
  }

  function nudge(dx: number, dy: number): void {
    place[lie.across] = clamp(place[lie.across] + dx, width);
    place[lie.down] = clamp(place[lie.down] + (isUpended ? -dy : dy), height);
    redrawAll();
    const value = valueAt(volume, place);
    planes.say(text.crosshair(Math.round(place[0]) + 1, Math.round(place[1]) + 1, Math.round(place[2]) + 1, value));
  }

  listen(node, { step, aim, nudge, depth, windowBy: (dx, dy) => windowBy(planes, dx, dy, redrawAll) });
  return { node, name, draw };
}

function windowBy(planes: Planes, dx: number, dy: number, redraw: () => void): void {
  const { centre, width } = planes.window();
  const pace = Math.max(width / 400, 0.02);
  planes.setWindow({ centre: centre + dy * pace, width: Math.max(width + dx * pace, 1) });
  redraw();
}

interface PaneHand {
  step(by: number): void;
  aim(at: Point): void;
  nudge(dx: number, dy: number): void;
  depth: number;
  windowBy(dx: number, dy: number): void;
}

const ARROWS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Arrows turn the pages of this plane; with Shift they move the crosshair in it. */
function listen(node: HTMLElement, hand: PaneHand): void {
  node.addEventListener('keydown', (event) => {
    const arrow = ARROWS[event.key];
    const pages: Record<string, number> = { PageDown: 10, PageUp: -10, Home: -hand.depth, End: hand.depth };
    if (event.ctrlKey || event.metaKey || event.altKey || (!arrow && pages[event.key] === undefined)) return;
    event.preventDefault();
    if (!arrow) hand.step(pages[event.key] ?? 0);
    else if (event.shiftKey) hand.nudge(arrow[0] * 5, arrow[1] * 5);
    else hand.step(arrow[0] + arrow[1]);
  });
  node.addEventListener('wheel', (event) => {
    event.preventDefault();
    hand.step(Math.sign(event.deltaY));
  }, { passive: false });
  node.addEventListener('contextmenu', (event) => event.preventDefault());
  node.addEventListener('pointerdown', (event) => {
    node.setPointerCapture(event.pointerId);
    if (event.button === 0) hand.aim(pointIn(node, event));
  });
  node.addEventListener('pointermove', (event) => {
    if (event.buttons & 1) hand.aim(pointIn(node, event));
    else if (event.buttons & 2) hand.windowBy(event.movementX, event.movementY);
  });
}

function pointIn(node: HTMLElement, event: MouseEvent): Point {
  const box = node.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

function valueAt({ frames, columns, slope, intercept }: Volume, [column, row, frame]: Place): number {
  return (frames[Math.round(frame)]?.[Math.round(row) * columns + Math.round(column)] ?? 0) * slope + intercept;
}

function clamp(value: number, count: number): number {
  return Math.min(Math.max(value, 0), count - 1);
}

function fitted(width: number, height: number, into: number, high: number) {
  const scale = Math.min(into / width, high / height);
  return { left: (into - width * scale) / 2, top: (high - height * scale) / 2, width: width * scale, height: height * scale };
}
