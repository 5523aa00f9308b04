/** Measurements: kept with their image for as long as the page is open, told as words and drawn by the cells. */

import type { Drawn } from './drawing';
import { firstValue, type StackImage } from './series';
import { angleAt, ellipseStatistics, pathLength, type ImagePoint, type MeasureKind, type Pixels, type Shape, type Spacing } from './shapes';
import { text } from './text';

export interface Measured {
  image: StackImage;
  shape: Shape;
  words: string;
}

export interface Reading {
  spacing: Spacing;
  pixels: Pixels | null;
}

export interface Measurements {
  /** Keeps a new one, and gives it in words. */
  add(image: StackImage, shape: Shape, reading: Reading): string;
  /** The point of a measurement within reach of a place, taken hold of. */
  grasp(image: StackImage, isNear: (point: ImagePoint) => boolean): Grasp | null;
  removeLast(image: StackImage): string | null;
  clear(): void;
  on(image: StackImage): readonly Measured[];
  drawnOn(image: StackImage): Drawn[];
  count(): number;
}

export interface Grasp {
  move(to: ImagePoint, reading: Reading): string;
}

export const MEASURES: readonly MeasureKind[] = ['length', 'angle', 'bidirectional', 'ellipse', 'probe'];

export function createMeasurements(): Measurements {
  let all: Measured[] = [];
  const on = (image: StackImage) => all.filter((one) => one.image === image);

  function grasp(image: StackImage, isNear: (point: ImagePoint) => boolean): Grasp | null {
    for (const one of on(image)) {
      const at = one.shape.points.findIndex(isNear);
      if (at < 0) continue;
      return {
        move(to, reading) {
          one.shape = { ...one.shape, points: one.shape.points.map((point, index) => (index === at ? to : point)) };
          one.words = wordsOf(one.shape, image, reading);
          return one.words;
        },
      };
    }
    return null;
  }

  return {
    add(image, shape, reading) {
      const words = wordsOf(shape, image, reading);
      all.push({ image, shape, words });
      return words;
    },
    grasp,
    removeLast(image) {
      const last = on(image).at(-1) ?? null;
      all = all.filter((one) => one !== last);
      return last?.words ?? null;
    },
    clear: () => (all = []),
    on,
    drawnOn: (image) => on(image).map(({ shape, words }) => ({ shape, label: words, look: 'measure' })),
    count: () => all.length,
  };
}

function wordsOf(shape: Shape, image: StackImage, { spacing, pixels }: Reading): string {
  const [a, b, c, d] = shape.points;
  if (shape.kind === 'angle') return `${angleAt(shape.points, spacing).toFixed(1)}°`;
  if (shape.kind === 'probe') return a ? probeWords(a, image, pixels) : '';
  if (shape.kind === 'ellipse') return ellipseWords(shape, image, spacing, pixels);
  const long = a && b ? lengthWords(pathLength(a, b, spacing), spacing) : '';
  return shape.kind === 'bidirectional' && c && d ? `${long} × ${lengthWords(pathLength(c, d, spacing), spacing)}` : long;
}

function lengthWords(length: number, { unit, isAtDetector }: Spacing): string {
  if (unit === 'px') return `${length.toFixed(0)} ${text.pixels}`;
  return `${length.toFixed(1)} mm${isAtDetector ? ` (${text.detector})` : ''}`;
}

function unitOf({ instance }: StackImage): string {
  const named = String(firstValue(instance['00281054']) ?? '');
  const isCt = firstValue(instance['00080060']) === 'CT';
  return named && named !== 'US' ? ` ${named}` : isCt ? ' HU' : '';
}

function probeWords(at: ImagePoint, image: StackImage, pixels: Pixels | null): string {
  const [column, row] = [Math.floor(at[0]), Math.floor(at[1])];
  const isInside = pixels && column >= 0 && row >= 0 && column < pixels.columns && row < pixels.rows;
  return isInside ? `${number(pixels.at(column, row))}${unitOf(image)}` : text.noValue;
}

function ellipseWords(shape: Shape, image: StackImage, spacing: Spacing, pixels: Pixels | null): string {
  const found = pixels && ellipseStatistics(shape.points, pixels, spacing);
  if (!found) return text.noValue;
  const area = spacing.unit === 'mm' ? `${(found.area / 100).toFixed(2)} cm²${spacing.isAtDetector ? ` (${text.detector})` : ''}` : `${found.count} ${text.pixels}`;
  return text.ellipse(`${number(found.mean)} ± ${number(found.deviation)}${unitOf(image)}`, `${number(found.least)} … ${number(found.most)}`, area);
}

function number(value: number): string {
  return (Number.isInteger(value) ? String(value) : value.toFixed(1)).replace('-', '−');
}
