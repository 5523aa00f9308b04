/** Whether a stack is regular enough to be cut in other planes, and the cuts themselves. */

import { cross, dot } from './linking';
import type { WorldPoint } from './geometry';

export interface PlacedSlice {
  position: WorldPoint | null;
  rowCosines: WorldPoint | null;
  columnCosines: WorldPoint | null;
  columns: number;
  rows: number;
  samples: number;
}

export type Irregularity = 'few' | 'unplaced' | 'tilted' | 'uneven' | 'sizes' | 'colour';

/** Slices nearest-first along their normal; `step` is millimetres from one to the next. */
export interface Geometry {
  order: number[];
  step: number;
  across: WorldPoint;
  down: WorldPoint;
  normal: WorldPoint;
}

const FEWEST = 8;
/** Share of the usual step by which a step may be off: 5 % keeps a 300 mm reformat true to a few millimetres. */
const UNEVEN = 0.05;
const PARALLEL = 0.9999;

export function geometryOf(slices: readonly PlacedSlice[]): Geometry | Irregularity {
  const [first] = slices;
  if (!first || slices.length < FEWEST) return 'few';
  if (slices.some(({ samples }) => samples !== 1)) return 'colour';
  if (slices.some(({ columns, rows }) => columns !== first.columns || rows !== first.rows)) return 'sizes';
  const { rowCosines: across, columnCosines: down } = first;
  if (!across || !down || slices.some(({ position }) => !position)) return 'unplaced';
  const isParallel = (a: WorldPoint | null, b: WorldPoint) => Boolean(a && dot(a, b) > PARALLEL);
  if (!slices.every((each) => isParallel(each.rowCosines, across) && isParallel(each.columnCosines, down))) return 'tilted';
  return evenly(slices, across, down);
}

function evenly(slices: readonly PlacedSlice[], across: WorldPoint, down: WorldPoint): Geometry | Irregularity {
  const normal = cross(across, down);
  const place = (index: number) => dot(slices[index]?.position ?? [0, 0, 0], normal);
  const order = slices.map((_, index) => index).sort((a, b) => place(a) - place(b));
  const steps = order.slice(1).map((index, at) => place(index) - place(order[at] ?? 0));
  const step = steps.reduce((sum, each) => sum + each, 0) / steps.length;
  if (!(step > 0) || steps.some((each) => Math.abs(each - step) > UNEVEN * step)) return 'uneven';
  if (isSheared(slices, order, normal, step)) return 'tilted';
  return { order, step, across, down, normal };
}

/** A gantry tilt moves each slice sideways: it lies elsewhere than straight along the normal. */
function isSheared(slices: readonly PlacedSlice[], order: readonly number[], normal: WorldPoint, step: number): boolean {
  const start = slices[order[0] ?? 0]?.position;
  const end = slices[order.at(-1) ?? 0]?.position;
  if (!start || !end) return true;
  const way: WorldPoint = [end[0] - start[0], end[1] - start[1], end[2] - start[2]];
  const along = dot(way, normal);
  return Math.hypot(way[0] - along * normal[0], way[1] - along * normal[1], way[2] - along * normal[2]) > step;
}

export type Values = Int16Array | Uint16Array | Int8Array | Uint8Array | Float32Array | Int32Array | Uint32Array;

/** Frames of one size in order along the normal; stored values become the modality's by slope and intercept. */
export interface Volume {
  frames: readonly Values[];
  columns: number;
  rows: number;
  slope: number;
  intercept: number;
}

/** The three cuts: along the images as they were made, across their rows, across their columns. */
export type Cut = 'slice' | 'row' | 'column';
export type SlabKind = 'average' | 'most' | 'least';

export interface Picture {
  width: number;
  height: number;
  values: Float32Array;
}

export function depthOf(volume: Volume, cut: Cut): number {
  return { slice: volume.frames.length, row: volume.rows, column: volume.columns }[cut];
}

/** A cut through the volume `thickness` samples deep; row 0 of a row or column cut is the last frame. */
export function cutThrough(volume: Volume, cut: Cut, at: number, thickness: number, kind: SlabKind): Picture {
  const depth = depthOf(volume, cut);
  const from = Math.min(Math.max(Math.round(at - (thickness - 1) / 2), 0), depth - 1);
  const until = Math.min(from + Math.max(Math.round(thickness), 1), depth);
  const [width, height] = cut === 'slice' ? [volume.columns, volume.rows] : [cut === 'row' ? volume.columns : volume.rows, volume.frames.length];
  const values = new Float32Array(width * height).fill(kind === 'most' ? -Infinity : kind === 'least' ? Infinity : 0);
  for (let layer = from; layer < until; layer++) gather(volume, cut, layer, width, values, kind);
  const share = kind === 'average' ? 1 / (until - from) : 1;
  for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * share * volume.slope + volume.intercept;
  return { width, height, values };
}

function gather(volume: Volume, cut: Cut, layer: number, width: number, into: Float32Array, kind: SlabKind): void {
  const { frames, columns, rows } = volume;
  if (cut === 'slice') return fold(frames[layer], 0, 1, columns * rows, into, 0, kind);
  for (let z = 0; z < frames.length; z++) {
    const line = (frames.length - 1 - z) * width;
    if (cut === 'row') fold(frames[z], layer * columns, 1, columns, into, line, kind);
    else fold(frames[z], layer, columns, rows, into, line, kind);
  }
}

function fold(frame: Values | undefined, from: number, stride: number, count: number, into: Float32Array, at: number, kind: SlabKind): void {
  if (!frame) return;
  for (let i = 0; i < count; i++) {
    const value = frame[from + i * stride] ?? 0;
    const held = into[at + i] ?? 0;
    into[at + i] = kind === 'average' ? held + value : kind === 'most' ? Math.max(held, value) : Math.min(held, value);
  }
}

/** Values as grey bytes through a linear window (PS3.3 C.11.2.1.2.1), four bytes a pixel. */
export function windowed({ values }: Picture, centre: number, width: number, isInverted: boolean): Uint8ClampedArray<ArrayBuffer> {
  const bytes = new Uint8ClampedArray(values.length * 4);
  const scale = 255 / Math.max(width - 1, 1);
  for (let i = 0; i < values.length; i++) {
    const grey = ((values[i] ?? 0) - (centre - 0.5)) * scale + 127.5;
    const shown = isInverted ? 255 - grey : grey;
    bytes[i * 4] = bytes[i * 4 + 1] = bytes[i * 4 + 2] = shown;
    bytes[i * 4 + 3] = 255;
  }
  return bytes;
}
