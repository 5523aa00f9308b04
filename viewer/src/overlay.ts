/** The words over the image: where it lies, how it is shown, and what is happening. */

import { element } from './element';
import { directionLetters, edgeLetters, opposite, type EdgeLetters } from './orientation';
import type { Series, StackImage } from './series';
import type { ImagePoint } from './shapes';
import type { Plane, View } from './stage';
import { text } from './text';

export interface Overlay {
  node: HTMLElement;
  showImage(series: Series, index: number, plane: Plane): void;
  showView(view: View, image: StackImage): void;
  /** A small picture stands in for this image. */
  showPreview(index: number, count: number): void;
  /** Thickness and position, for the description. */
  placeInWords(): string;
  showBusy(message: string | null): void;
  showError(message: string | null, retry?: () => void): void;
}

export function createOverlay(): Overlay {
  const corner = (place: string) => element('div', { class: `viewer-corner is-${place}` });
  const corners = { topLeft: corner('top-left'), topRight: corner('top-right'), bottomLeft: corner('bottom-left'), bottomRight: corner('bottom-right') };
  const edges = { left: edge('left'), right: edge('right'), top: edge('top'), bottom: edge('bottom') };
  const caption = element('p', { class: 'viewer-caption' });
  const busy = element('p', { class: 'viewer-busy' });
  const error = element('div', { class: 'viewer-error', role: 'alert' });
  for (const node of [caption, busy, error]) node.hidden = true;
  const node = element('div', { class: 'viewer-overlay' }, ...Object.values(corners), ...Object.values(edges), caption, busy, error);
  let busyTimer = 0;
  let shownPlane: Plane | null = null;

  function showImage(series: Series, index: number, plane: Plane): void {
    const image = series.images[index];
    if (!image) return;
    setLines(corners.topLeft, [series.entry.label || series.entry.modality]);
    setLines(corners.topRight, placeLines(plane));
    setLines(corners.bottomLeft, series.images.length > 1 ? [`${index + 1} / ${series.images.length}`] : []);
    shownPlane = plane;
    caption.hidden = !image.keyImage;
    caption.replaceChildren(element('b', {}, text.keyImage), image.keyImage?.caption ?? '');
  }

  function showView({ window, scale, right, down }: View, image: StackImage): void {
    const windowLine = `${text.window} ${Math.round(window.width)}  L ${Math.round(window.centre)}`;
    setLines(corners.bottomRight, [...(scale === null ? [] : [`${text.zoom} ${Math.round(scale * 100)} %`]), windowLine]);
    if (shownPlane) showEdges(edges, edgeLetters(towards(right, image, shownPlane), towards(down, image, shownPlane)));
  }

  function showPreview(index: number, count: number): void {
    setLines(corners.bottomLeft, [`${index + 1} / ${count}`, text.preview]);
    caption.hidden = true;
  }

  /** Waits a moment before it speaks, so that quick loads do not flicker. */
  function showBusy(message: string | null): void {
    clearTimeout(busyTimer);
    busy.hidden = true;
    if (message === null) return;
    busyTimer = setTimeout(() => {
      busy.textContent = message;
      busy.hidden = false;
    }, 150) as unknown as number;
  }

  function showError(message: string | null, retry?: () => void): void {
    error.hidden = message === null;
    if (message === null) return error.replaceChildren();
    const again = element('button', { type: 'button', class: 'viewer-button is-word is-solid' }, text.retry);
    again.addEventListener('click', () => retry?.());
    error.replaceChildren(element('p', {}, message), ...(retry ? [again] : []));
  }

  return { node, showImage, showView, showPreview, placeInWords: () => (shownPlane ? placeLines(shownPlane).join(', ') : ''), showBusy, showError };
}

function edge(place: string): HTMLElement {
  return element('span', { class: `viewer-edge is-${place}`, 'aria-hidden': 'true' });
}

function setLines(node: HTMLElement, lines: string[]): void {
  node.replaceChildren(...lines.map((line) => element('span', {}, line)));
}

function placeLines({ sliceThickness, sliceLocation, position }: Plane): string[] {
  const lines: string[] = [];
  if (sliceThickness) lines.push(`${text.thickness} ${sliceThickness.toFixed(2).replace(/\.?0+$/, '')} mm`);
  const location = sliceLocation ?? position?.[2];
  if (location !== undefined && location !== null && sliceThickness) lines.push(`${text.position} ${location.toFixed(1)} mm`);
  return lines;
}

/** The patient's direction that a direction in the image leads to: by the slice's cosines, or by Patient Orientation (0020,0020). */
function towards([columns, rows]: ImagePoint, image: StackImage, { rowCosines, columnCosines }: Plane): string {
  if (rowCosines && columnCosines) {
    const way = [0, 1, 2].map((axis) => columns * (rowCosines[axis] ?? 0) + rows * (columnCosines[axis] ?? 0));
    return directionLetters(way as [number, number, number]);
  }
  const [across = '', along = ''] = (image.instance['00200020']?.Value ?? []).map(String);
  if (Math.abs(columns) > Math.abs(rows)) return columns > 0 ? across : opposite(across);
  return rows > 0 ? along : opposite(along);
}

function showEdges(edges: Record<keyof EdgeLetters, HTMLElement>, letters: EdgeLetters): void {
  for (const place of ['left', 'right', 'top', 'bottom'] as const) edges[place].textContent = letters[place];
}
