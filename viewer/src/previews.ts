/** Small lossy pictures from the server that stand in for frames still on their way. */

import { seriesUrl } from './dicomweb';
import type { Page } from './page';
import type { Window } from './presets';
import type { Series, StackImage } from './series';
import type { Point } from './geometry';
import type { ImagePoint } from './shapes';
import { numbersOf } from './series';

const SIDE = 256;
const QUALITY = 60;
/** Small pictures asked for at once, so that the frame in view is never far behind them. */
const AT_ONCE = 2;
const STRIDES = [8, 4, 2, 1];

/** Behind a veil a picture takes no parameters, but there is a thumbnail. */
export function previewUrl(page: Page, series: Series, image: StackImage, window: Window | null): string {
  const instance = `${seriesUrl(page.dicomWeb, series.entry)}/instances/${image.sopInstanceUID}`;
  if (page.isVeiled) return `${instance}/thumbnail`;
  const shown = window ? `&window=${window.centre.toFixed(0)},${Math.max(window.width, 1).toFixed(0)},linear` : '';
  return `${instance}/frames/${image.frame}/rendered?viewport=${SIDE},${SIDE}&quality=${QUALITY}${shown}`;
}

/** Every eighth image, then those between: a stack can be scrolled from end to end after an eighth of it has come. */
export function coarseFirst(count: number): number[] {
  const order = STRIDES.flatMap((stride) => Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride));
  return [...new Set(order)];
}

/** Brings the stack's small pictures into the browser's own store; gives up quietly, since frames follow anyway. */
export async function warm(page: Page, series: Series, isWanted: () => boolean): Promise<void> {
  const waiting = coarseFirst(series.images.length);
  async function carry(): Promise<void> {
    for (let index = waiting.shift(); index !== undefined && isWanted(); index = waiting.shift()) {
      const image = series.images[index];
      if (image) await fetch(previewUrl(page, series, image, null), { priority: 'low' }).then((answer) => answer.blob());
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, () => carry().catch(() => undefined)));
}

/** Lays a picture where the image will lie, turned and enlarged as it is. */
export function layOver(picture: HTMLImageElement, image: StackImage, toCanvas: (point: ImagePoint) => Point): void {
  const [rows = 1] = numbersOf(image.instance['00280010']);
  const [columns = 1] = numbersOf(image.instance['00280011']);
  const [from, right, down] = [toCanvas([0, 0]), toCanvas([columns, 0]), toCanvas([0, rows])];
  const across = [(right[0] - from[0]) / columns, (right[1] - from[1]) / columns];
  const along = [(down[0] - from[0]) / rows, (down[1] - from[1]) / rows];
  picture.style.width = `${columns}px`;
  picture.style.height = `${rows}px`;
  picture.style.transform = `matrix(${[...across, ...along, ...from].map((value) => value.toFixed(5)).join(',')})`;
}
