/** What linked scrolling needs to know of a series: its frame of reference and where its images lie. */

import { cross, dot, type Stack } from './linking';
import { firstValue, type Series, type StackImage } from './series';
import type { Plane } from './stage';

const known = new WeakMap<Series, Stack>();

export function stackOf(series: Series, planeOf: (image: StackImage) => Plane): Stack {
  const held = known.get(series);
  if (held) return held;
  const planes = series.images.map(planeOf);
  const [first] = planes;
  const normal = first?.rowCosines && first.columnCosines ? cross(first.rowCosines, first.columnCosines) : null;
  const isPlaced = normal !== null && series.images.length > 1 && planes.every(({ position }) => position);
  const stack = {
    frameOfReferenceUID: String(firstValue(series.images[0]?.instance['00200052']) ?? ''),
    normal,
    places: isPlaced ? planes.map(({ position }) => dot(position ?? [0, 0, 0], normal)) : [],
    count: series.images.length,
  };
  known.set(series, stack);
  return stack;
}
