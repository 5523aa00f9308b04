/** Points on the screen in CSS pixels and in the patient in millimetres. */

export type Point = [x: number, y: number];
export type WorldPoint = [x: number, y: number, z: number];

export function distance(a: WorldPoint, b: WorldPoint): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

export function screenDistance(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1]);
}
