/** The Cornerstone3D viewport, and the only module that knows it: loaded apart from the page's first script. */

import {
  Enums,
  RenderingEngine,
  cache,
  getRenderingCapabilities,
  getShouldUseCPURendering,
  getWebWorkerManager,
  imageLoader,
  init,
  metaData,
  registerImageLoader,
  utilities,
  type StackViewport,
  type Types,
} from '@cornerstonejs/core';
import { createImage } from '@cornerstonejs/dicom-image-loader/imageLoader';
import { metaDataManager, metaData as wadorsMetaData } from '@cornerstonejs/dicom-image-loader/wadors';
import type { Frame } from './dicomweb';
import { distance, type Point, type WorldPoint } from './geometry';
import { memoryLimitBytes } from './memory';
import { CT_WINDOW, type Window } from './presets';
import { numbersOf, type StackImage } from './series';
import { fromRaster, toRaster, type ImagePoint, type Pixels, type Raster, type Spacing } from './shapes';
import type { Placing, Rotation } from './view-state';
import type { Values } from './volume';

export interface View {
  window: Window;
  /** Screen pixels an image pixel takes; null while the cell has no size. */
  scale: number | null;
  isInverted: boolean;
  /** Where the screen's right and down lead in the image: (columns, rows), each a unit vector. */
  right: ImagePoint;
  down: ImagePoint;
}

/** Where an image lies: millimetres in the patient's coordinates, where the header says. */
export interface Plane {
  position: WorldPoint | null;
  rowCosines: WorldPoint | null;
  columnCosines: WorldPoint | null;
  sliceThickness: number | null;
  sliceLocation: number | null;
}

/** A decoded frame's stored values, and what turns them into the modality's unit. */
export interface Stored {
  values: Values;
  slope: number;
  intercept: number;
}

export interface Stage {
  element: HTMLDivElement;
  openStack(images: StackImage[], index: number): Promise<void>;
  show(index: number): Promise<void>;
  view(): View;
  setWindow(window: Window): void;
  toggleInvert(): void;
  zoomAt(factor: number, point: Point): void;
  panBy(dx: number, dy: number): void;
  /** A quarter turn clockwise. */
  rotate(): void;
  flip(): void;
  fit(): void;
  /** One image pixel to one screen pixel. */
  oneToOne(): void;
  reset(): void;
  resize(): void;
  placing(): Placing;
  place(placing: Placing): void;
  /** Image coordinates of the image on the stage. */
  toImage(point: Point): ImagePoint;
  toCanvas(point: ImagePoint): Point;
  plane(image: StackImage): Plane;
  onRender(listener: () => void): void;
}

const TURNS: readonly Rotation[] = [0, 90, 180, 270];
const SMALLEST_OF_FIT = 0.5;
const LARGEST_SCALE = 16;

/** Typed as protected, yet the only way to turn without touching zoom and display area. */
interface Turnable {
  setRotation(degrees: number): void;
}

const pendingFrames = new Map<string, { frame: Frame; isWanted: boolean }>();
let engine: RenderingEngine | undefined;
let stageCount = 0;

/** Wakes workers and graphics; begun while the first bytes are still on their way. */
export function startEngine(): RenderingEngine {
  if (engine) return engine;
  registerLoader();
  // A WebGL that is emulated in software shows the first image five times later than plain drawing does.
  const useCPURendering = getRenderingCapabilities().softwareRasterizer;
  init({ rendering: { webGlContextCount: 1, useCPURendering }, debug: {} });
  cache.setMaxCacheSize(memoryLimitBytes() * 1.5);
  engine = new RenderingEngine('firstlight');
  return engine;
}

/** What dicom-image-loader's `init` does, without its Part 10 reader and data dictionary (290 kB of download). */
function registerLoader(): void {
  metaData.addProvider(wadorsMetaData.metaDataProvider);
  registerImageLoader('wadors', decodePending);
  const maxWorkerInstances = Math.min(Math.max((navigator.hardwareConcurrency || 2) - 1, 1), 4);
  getWebWorkerManager().registerWorker('dicomImageLoader', startDecoder, { maxWorkerInstances });
}

function startDecoder(): Worker {
  // Vite bundles the worker only when it sees this very expression.
  return new Worker(new URL('../node_modules/@cornerstonejs/dicom-image-loader/dist/esm/decodeImageFrameWorker.js', import.meta.url), {
    type: 'module',
  });
}

/** Replaces the stock wadors transport: frames arrive through our own abortable, ordered fetches. */
function decodePending(imageId: string): Types.IImageLoadObject {
  const pending = pendingFrames.get(imageId);
  pendingFrames.delete(imageId);
  if (!pending) return { promise: Promise.reject(new Error('frame was not fetched')) };
  const { frame, isWanted } = pending;
  const requestType = isWanted ? Enums.RequestType.Interaction : Enums.RequestType.Prefetch;
  return { promise: createImage(imageId, frame.bytes, frame.transferSyntax, { requestType, useRGBA: false } as never) as Promise<Types.IImage> };
}

/** Decodes a fetched frame in a worker and keeps the image until it is forgotten. */
export async function keepFrame(image: StackImage, frame: Frame, isWanted: boolean): Promise<void> {
  addMetadata(image);
  pendingFrames.set(image.imageId, { frame, isWanted });
  try {
    await imageLoader.loadAndCacheImage(image.imageId);
  } catch (error) {
    forgetFrame(image);
    throw error;
  }
}

export function forgetFrame(image: StackImage): void {
  if (cache.getImageLoadObject(image.imageId)) cache.removeImageLoadObject(image.imageId);
}

/** Cornerstone derives every frame's metadata from the one entry under frame 1. */
function addMetadata(image: StackImage): void {
  const firstFrame = image.imageId.replace(/\/frames\/\d+$/, '/frames/1');
  if (!metaDataManager.get(firstFrame)) metaDataManager.add(firstFrame, image.instance as never);
}

export function createStage(element: HTMLDivElement): Stage {
  const renderingEngine = startEngine();
  const viewportId = `stage-${++stageCount}`;
  renderingEngine.enableElement({
    viewportId,
    element,
    type: Enums.ViewportType.STACK,
    defaultOptions: { background: [0, 0, 0] },
  });
  const viewport = renderingEngine.getViewport(viewportId) as StackViewport;
  let fitScale = 1;
  let isOpen = false;
  // Kept here because the viewport forgets both from slice to slice when it draws without WebGL.
  let chosenWindow: Window | null = null;
  let isInverted = false;
  let isStoredInverted = false;
  let rotation: Rotation = 0;
  let isFlipped = false;

  if (getShouldUseCPURendering()) resizePlainCanvas(false);

  async function openStack(images: StackImage[], index: number): Promise<void> {
    for (const image of images) addMetadata(image);
    chosenWindow = null;
    isStoredInverted = images[index]?.instance['00280004']?.Value?.[0] === 'MONOCHROME1';
    isInverted = isStoredInverted;
    [rotation, isFlipped] = [0, false];
    await viewport.setStack(images.map((image) => image.imageId), index);
    const modality = images[index]?.instance['00080060']?.Value?.[0];
    const hasWindow = Boolean(images[index]?.instance['00281050']?.Value?.length);
    if (modality === 'CT' && !hasWindow) setWindow(CT_WINDOW);
    fitScale = pixelScale();
    isOpen = true;
    viewport.render();
  }

  function setWindow(window: Window): void {
    chosenWindow = window;
    const { centre, width } = window;
    viewport.setProperties({ voiRange: utilities.windowLevel.toLowHighRange(width, centre) });
    viewport.render();
  }

  function view(): View {
    const scale = pixelScale();
    const isSized = Number.isFinite(scale) && scale > 0;
    return { window: chosenWindow ?? storedWindow(), scale: isSized ? scale : null, isInverted, right: direction([1, 0]), down: direction([0, 1]) };
  }

  function direction(way: Point): ImagePoint {
    const [from, to] = [toImage([0, 0]), toImage([way[0] * 100, way[1] * 100])];
    const size = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    return [(to[0] - from[0]) / size, (to[1] - from[1]) / size];
  }

  function raster(): Raster | null {
    const data = viewport.getImageData() as { origin: number[]; direction: ArrayLike<number>; spacing: number[] } | undefined;
    if (!data) return null;
    const [axes, [across = 1, down = 1]] = [Array.from(data.direction), data.spacing];
    return {
      origin: data.origin as WorldPoint,
      across: axes.slice(0, 3) as WorldPoint,
      down: axes.slice(3, 6) as WorldPoint,
      spacing: [across, down],
    };
  }

  function toImage(point: Point): ImagePoint {
    const grid = isOpen ? raster() : null;
    return grid ? toRaster(grid, viewport.canvasToWorld(point) as WorldPoint) : [0, 0];
  }

  function toCanvas(point: ImagePoint): Point {
    const grid = isOpen ? raster() : null;
    return grid ? (viewport.worldToCanvas(fromRaster(grid, point)) as Point) : [0, 0];
  }

  function storedWindow(): Window {
    const { lower, upper } = viewport.getProperties().voiRange ?? { lower: 0, upper: 0 };
    const { windowWidth, windowCenter } = utilities.windowLevel.toWindowLevel(lower, upper);
    return { centre: windowCenter, width: windowWidth };
  }

  function setInverted(invert: boolean): void {
    isInverted = invert;
    viewport.setProperties({ invert });
    viewport.render();
  }

  /** Screen pixels an image pixel takes: 1 shows the image as it was stored. */
  function pixelScale(): number {
    const plane = metaData.get('imagePlaneModule', viewport.getCurrentImageId()) as Types.ImagePlaneModule | undefined;
    const across = distance(viewport.canvasToWorld([0, 0]) as WorldPoint, viewport.canvasToWorld([100, 0]) as WorldPoint);
    return (100 * devicePixelRatio * (plane?.columnPixelSpacing || 1)) / across;
  }

  function zoomAt(factor: number, point: Point): void {
    const scale = pixelScale();
    const target = Math.min(Math.max(scale * factor, fitScale * SMALLEST_OF_FIT), Math.max(fitScale, 1) * LARGEST_SCALE);
    const world = viewport.canvasToWorld(point);
    viewport.setZoom((viewport.getZoom() * target) / scale);
    const [x, y] = viewport.worldToCanvas(world);
    panBy(point[0] - x, point[1] - y);
  }

  /** Moves the camera itself: the viewport's own `setPan` means other units when it draws without WebGL. */
  function panBy(dx: number, dy: number): void {
    const camera = viewport.getCamera();
    const from = viewport.canvasToWorld([dx, dy]);
    const to = viewport.canvasToWorld([0, 0]);
    const moved = (point: Types.Point3): Types.Point3 => [point[0] + to[0] - from[0], point[1] + to[1] - from[1], point[2] + to[2] - from[2]];
    const { focalPoint, position } = camera;
    if (focalPoint && position) viewport.setCamera({ ...camera, focalPoint: moved(focalPoint), position: moved(position) });
    viewport.render();
  }

  function reset(): void {
    chosenWindow = null;
    viewport.resetProperties();
    setInverted(isStoredInverted);
    turn(0, false);
    fit();
  }

  function fit(): void {
    const turned: [Rotation, boolean] = [rotation, isFlipped];
    viewport.resetCamera();
    turn(...turned);
    fitScale = pixelScale();
    viewport.render();
  }

  function oneToOne(): void {
    zoomAt(1 / pixelScale(), middle());
  }

  /** Turns about the middle of what is shown, whatever the drawing path makes of it. */
  function turn(to: Rotation, flipped: boolean): void {
    const centre = toImage(middle());
    [rotation, isFlipped] = [to, flipped];
    viewport.setCamera({ flipHorizontal: flipped });
    (viewport as unknown as Turnable).setRotation(to);
    viewport.setCamera(viewport.getCamera());
    bringToMiddle(centre);
  }

  function bringToMiddle(centre: ImagePoint): void {
    const [x, y] = toCanvas(centre);
    const [toX, toY] = middle();
    panBy(toX - x, toY - y);
  }

  function middle(): Point {
    return [element.clientWidth / 2, element.clientHeight / 2];
  }

  function placing(): Placing {
    const zoom = pixelScale() / fitScale;
    const isFitted = !Number.isFinite(zoom) || Math.abs(zoom - 1) < 0.01;
    return { zoom: isFitted ? 1 : zoom, centre: toImage(middle()), rotation, isFlipped, isInverted: isInverted !== isStoredInverted, window: chosenWindow };
  }

  function place(asked: Placing): void {
    if (asked.window) setWindow(asked.window);
    setInverted(isStoredInverted !== asked.isInverted);
    turn(asked.rotation, asked.isFlipped);
    fit();
    if (asked.zoom !== 1) zoomAt((fitScale * asked.zoom) / pixelScale(), middle());
    if (asked.centre) bringToMiddle(asked.centre);
  }

  function resize(): void {
    if (element.clientWidth === 0 || element.clientHeight === 0) return;
    const scale = pixelScale();
    const wasFitted = isOpen && (!Number.isFinite(scale) || Math.abs(scale / fitScale - 1) < 0.01);
    if (getShouldUseCPURendering()) resizePlainCanvas(wasFitted);
    else renderingEngine.resize(true, !wasFitted);
    if (wasFitted) fitScale = pixelScale();
  }

  /** Cornerstone gives its canvas CSS pixels when it draws without WebGL, but reckons in screen pixels: so size it here. */
  function resizePlainCanvas(wasFitted: boolean): void {
    const { canvas } = viewport;
    const centre = isOpen ? viewport.canvasToWorld([canvas.width / devicePixelRatio / 2, canvas.height / devicePixelRatio / 2]) : null;
    const zoom = isOpen ? viewport.getZoom() : 1;
    canvas.width = Math.round(element.clientWidth * devicePixelRatio);
    canvas.height = Math.round(element.clientHeight * devicePixelRatio);
    if (!centre) return;
    if (wasFitted) return fit();
    viewport.resetCamera();
    turn(rotation, isFlipped);
    viewport.setZoom(zoom);
    const [x, y] = viewport.worldToCanvas(centre);
    panBy(element.clientWidth / 2 - x, element.clientHeight / 2 - y);
  }

  return {
    element,
    openStack,
    show: async (index) => void (await viewport.setImageIdIndex(index)),
    view,
    setWindow,
    toggleInvert: () => setInverted(!isInverted),
    zoomAt,
    panBy,
    rotate: () => turn(TURNS[(TURNS.indexOf(rotation) + 1) % 4] ?? 0, isFlipped),
    flip: () => turn(rotation, !isFlipped),
    fit,
    oneToOne,
    reset,
    resize,
    placing,
    place,
    toImage,
    toCanvas,
    plane: planeOf,
    onRender: (listener) => element.addEventListener(Enums.Events.IMAGE_RENDERED, listener),
  };
}

export function planeOf(image: StackImage): Plane {
  const plane = metaData.get('imagePlaneModule', image.imageId) as Types.ImagePlaneModule | undefined;
  const isPlaced = Boolean(plane && !plane.usingDefaultValues);
  return {
    position: isPlaced ? (plane?.imagePositionPatient as WorldPoint) : null,
    rowCosines: isPlaced ? (plane?.rowCosines as WorldPoint) : null,
    columnCosines: isPlaced ? (plane?.columnCosines as WorldPoint) : null,
    sliceThickness: plane?.sliceThickness ?? null,
    sliceLocation: plane?.sliceLocation ?? null,
  };
}

/** Tells the plane of an image whose frame is not here yet. */
export function plannedPlaneOf(image: StackImage): Plane {
  addMetadata(image);
  return planeOf(image);
}

/** A frame in memory, or null. */
export function storedOf(image: StackImage): Stored | null {
  const held = cache.getImage(image.imageId);
  if (!held) return null;
  const isScaled = Boolean(held.preScale?.scaled);
  return { values: held.getPixelData() as unknown as Values, slope: isScaled ? 1 : held.slope, intercept: isScaled ? 0 : held.intercept };
}

/** The values of a frame in memory that has one sample a pixel. */
export function pixelsOf(image: StackImage): Pixels | null {
  const held = cache.getImage(image.imageId);
  const stored = storedOf(image);
  if (!held || !stored || held.color) return null;
  const { values, slope, intercept } = stored;
  return { columns: held.columns, rows: held.rows, at: (column, row) => (values[row * held.columns + column] ?? 0) * slope + intercept };
}

/** Millimetres where the header calibrates the pixels, millimetres at the detector for plain radiographs, else pixels. */
export function spacingOf(image: StackImage): Spacing {
  const { instance } = image;
  const plane = metaData.get('imagePlaneModule', image.imageId) as Types.ImagePlaneModule | undefined;
  const isCalibrated = Boolean(instance['52009229'] ?? instance['52009230']) || numbersOf(instance['00280030']).length === 2;
  const [detectorDown, detectorAcross] = numbersOf(instance['00181164']);
  if (isCalibrated) return { across: plane?.columnPixelSpacing || 1, down: plane?.rowPixelSpacing || 1, unit: 'mm', isAtDetector: false };
  if (detectorDown && detectorAcross) return { across: detectorAcross, down: detectorDown, unit: 'mm', isAtDetector: true };
  return { across: 1, down: 1, unit: 'px', isAtDetector: false };
}
