/** Which image of one series belongs beside an image of another: by place in the patient, else by the step from where they were linked. */

import type { WorldPoint } from './geometry';

export interface Stack {
  frameOfReferenceUID: string;
  /** Unit vector across the images, where all of them are parallel. */
  normal: WorldPoint | null;
  /** Millimetres along the normal, an entry an image; empty where the header places none. */
  places: readonly number[];
  count: number;
}

/** Where two stacks stood when the reader linked them. */
export interface Anchor {
  from: number;
  to: number;
}

/** Cosine of the 8 degrees that two stacks may lean and still be read side by side. */
const PARALLEL = 0.99;

export function cross(a: WorldPoint, b: WorldPoint): WorldPoint {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function dot(a: WorldPoint, b: WorldPoint): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/** 1 or −1 where the stacks are parallel and run alike or against each other, else 0. */
function sense(a: Stack, b: Stack): 1 | -1 | 0 {
  const cosine = a.normal && b.normal && a.places.length && b.places.length ? dot(a.normal, b.normal) : 0;
  return Math.abs(cosine) < PARALLEL ? 0 : cosine > 0 ? 1 : -1;
}

/** Two series of one frame of reference share the patient's coordinates (PS3.3 C.7.4.1). */
export function sharesSpace(a: Stack, b: Stack): boolean {
  return a.frameOfReferenceUID !== '' && a.frameOfReferenceUID === b.frameOfReferenceUID && sense(a, b) !== 0;
}

/** The image of `to` that goes with image `index` of `from`. */
export function counterpart(from: Stack, index: number, to: Stack, anchor: Anchor): number {
  const way = sense(from, to);
  const here = from.places[index];
  if (way === 0 || here === undefined) return clamp(anchor.to + index - anchor.from, to.count);
  if (sharesSpace(from, to)) return nearest(to.places, way * here);
  const travelled = here - (from.places[anchor.from] ?? here);
  return nearest(to.places, (to.places[anchor.to] ?? 0) + way * travelled);
}

function nearest(places: readonly number[], place: number): number {
  let best = 0;
  places.forEach((each, index) => {
    if (Math.abs(each - place) < Math.abs((places[best] ?? 0) - place)) best = index;
  });
  return best;
}

function clamp(index: number, count: number): number {
  return Math.min(Math.max(index, 0), count - 1);
}
