/** Shapes on an image, in image coordinates: (0, 0) is the top left corner of the top left pixel (PS3.3 C.18.6). */

import type { WorldPoint } from './geometry';

export type ImagePoint = [column: number, row: number];
export type MeasureKind = 'length' | 'angle' | 'bidirectional' | 'ellipse' | 'probe';
export type MarkKind = 'arrow' | 'ellipse' | 'region' | 'text';
export type Kind = MeasureKind | MarkKind;

export interface Shape {
  kind: Kind;
  points: ImagePoint[];
}

/** Millimetres a pixel takes across and down; `isAtDetector` where only the detector's spacing is known. */
export interface Spacing {
  across: number;
  down: number;
  unit: 'mm' | 'px';
  isAtDetector: boolean;
}

export interface Pixels {
  columns: number;
  rows: number;
  /** The value at a pixel in the modality's own unit, Hounsfield for CT. */
  at(column: number, row: number): number;
}

export interface Statistics {
  mean: number;
  deviation: number;
  least: number;
  most: number;
  count: number;
  area: number;
}

/** How many points each drag of the pointer puts down; the keyboard puts them down one by one. */
export const DRAGS: Readonly<Record<Exclude<Kind, 'region'>, readonly number[]>> = {
  length: [2],
  angle: [2, 1],
  bidirectional: [2, 2],
  ellipse: [2],
  probe: [1],
  arrow: [2],
  text: [1],
};

export const MOST_POINTS = 200;

export function pointsWanted(kind: Kind): number {
  return kind === 'region' ? Infinity : DRAGS[kind].reduce((sum, each) => sum + each, 0);
}

export function pathLength(a: ImagePoint, b: ImagePoint, { across, down }: Spacing): number {
  return Math.hypot((b[0] - a[0]) * across, (b[1] - a[1]) * down);
}

/** Degrees at the second of three points. */
export function angleAt([a, vertex, b]: readonly ImagePoint[], { across, down }: Spacing): number {
  if (!a || !vertex || !b) return 0;
  const arm = (end: ImagePoint) => [(end[0] - vertex[0]) * across, (end[1] - vertex[1]) * down] as const;
  const [one, other] = [arm(a), arm(b)];
  const size = Math.hypot(...one) * Math.hypot(...other);
  return size === 0 ? 0 : (Math.acos(Math.min(Math.max((one[0] * other[0] + one[1] * other[1]) / size, -1), 1)) * 180) / Math.PI;
}

/** Statistics of the pixels whose centres lie in the ellipse that two opposite corners of its box give. */
export function ellipseStatistics([a, b]: readonly ImagePoint[], pixels: Pixels, { across, down }: Spacing): Statistics | null {
  if (!a || !b) return null;
  const [left, right] = [Math.min(a[0], b[0]), Math.max(a[0], b[0])];
  const [top, bottom] = [Math.min(a[1], b[1]), Math.max(a[1], b[1])];
  const [rx, ry] = [(right - left) / 2, (bottom - top) / 2];
  let [count, sum, squares, least, most] = [0, 0, 0, Infinity, -Infinity];
  for (let row = Math.max(Math.floor(top), 0); row < Math.min(bottom, pixels.rows); row++) {
    for (let column = Math.max(Math.floor(left), 0); column < Math.min(right, pixels.columns); column++) {
      if (((column + 0.5 - left - rx) / rx) ** 2 + ((row + 0.5 - top - ry) / ry) ** 2 > 1) continue;
      const value = pixels.at(column, row);
      [count, sum, squares] = [count + 1, sum + value, squares + value * value];
      [least, most] = [Math.min(least, value), Math.max(most, value)];
    }
  }
  if (count === 0) return null;
  const mean = sum / count;
  return { mean, deviation: Math.sqrt(Math.max(squares / count - mean * mean, 0)), least, most, count, area: Math.PI * rx * ry * across * down };
}

/** The fourth point of a bidirectional measurement pulled so that the short axis stands at a right angle on the long one. */
export function squared(points: readonly ImagePoint[]): ImagePoint[] {
  const [a, b, c, d] = points;
  if (!a || !b || !c || !d) return [...points];
  const size = Math.hypot(b[0] - a[0], b[1] - a[1]) || 1;
  const across: ImagePoint = [-(b[1] - a[1]) / size, (b[0] - a[0]) / size];
  const reach = (d[0] - c[0]) * across[0] + (d[1] - c[1]) * across[1];
  return [a, b, c, [c[0] + across[0] * reach, c[1] + across[1] * reach]];
}

/** Which ninth of the image a shape's middle lies in: column and row 0, 1 or 2. */
export function ninthOf(points: readonly ImagePoint[], columns: number, rows: number): [number, number] {
  const middle = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / Math.max(points.length, 1);
  const third = (value: number, size: number) => Math.min(Math.max(Math.floor((value / size) * 3), 0), 2);
  return [third(middle(0), columns), third(middle(1), rows)];
}

/** Image coordinates of a place in the patient, and back, for one image. */
export interface Raster {
  origin: WorldPoint;
  across: WorldPoint;
  down: WorldPoint;
  spacing: [number, number];
}

export function toRaster({ origin, across, down, spacing }: Raster, world: WorldPoint): ImagePoint {
  const from: WorldPoint = [world[0] - origin[0], world[1] - origin[1], world[2] - origin[2]];
  const along = (axis: WorldPoint) => from[0] * axis[0] + from[1] * axis[1] + from[2] * axis[2];
  return [along(across) / spacing[0] + 0.5, along(down) / spacing[1] + 0.5];
}

export function fromRaster({ origin, across, down, spacing }: Raster, [column, row]: ImagePoint): WorldPoint {
  const [x, y] = [(column - 0.5) * spacing[0], (row - 0.5) * spacing[1]];
  return [0, 1, 2].map((axis) => (origin[axis] ?? 0) + (across[axis] ?? 0) * x + (down[axis] ?? 0) * y) as WorldPoint;
}
