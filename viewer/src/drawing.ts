/** Shapes over an image as SVG: measurements, an author's marks, and what is being drawn. */

import { setAttributes, svgElement } from './element';
import { type Point } from './geometry';
import type { ImagePoint, Kind, Shape } from './shapes';

export type Look = 'measure' | 'mark' | 'draft';

export interface Drawn {
  shape: Shape;
  label: string;
  look: Look;
  isChosen?: boolean;
}

export interface Drawing {
  node: SVGSVGElement;
  draw(items: readonly Drawn[], caret: ImagePoint | null): void;
}

type ToCanvas = (point: ImagePoint) => Point;

const HEAD = 13;
/** About what a letter of a label takes; hangul is wider, and there are fewer of them. */
const LABEL_PIXELS = 8;

export function createDrawing(toCanvas: ToCanvas): Drawing {
  const node = svgElement('svg', { class: 'viewer-drawing', 'aria-hidden': 'true' });
  return {
    node,
    draw(items, caret) {
      const drawn = items.map((item) => drawOne(item, toCanvas, node.clientWidth));
      node.replaceChildren(...drawn, ...(caret ? [drawCaret(toCanvas(caret))] : []));
    },
  };
}

function drawOne({ shape, label, look, isChosen }: Drawn, toCanvas: ToCanvas, room: number): SVGGElement {
  const points = shape.points.map(toCanvas);
  const group = svgElement('g', { class: `viewer-shape is-${look}${isChosen ? ' is-chosen' : ''}` });
  const path = pathOf(shape, points, toCanvas);
  // The dark line below keeps the bright one legible on white bone as on black air.
  for (const kind of ['shadow', 'line']) group.append(svgElement('path', { d: path, class: `viewer-shape-${kind}` }));
  if (look !== 'mark' || isChosen) group.append(...handles(shape.kind, points));
  if (label) group.append(drawLabel(label, points, room));
  return group;
}

function pathOf({ kind, points }: Shape, at: Point[], toCanvas: ToCanvas): string {
  const [a, b, c, d] = at;
  if (kind === 'ellipse') return points[0] && points[1] ? polygon(ellipsePoints(points[0], points[1]).map(toCanvas)) : '';
  if (kind === 'region') return polygon(at);
  if (kind === 'arrow') return a && b ? arrow(a, b) : '';
  if (kind === 'text') return '';
  if (kind === 'probe') return a ? `M${a[0] - 7} ${a[1]}h5m4 0h5M${a[0]} ${a[1] - 7}v5m0 4v5` : '';
  if (kind === 'bidirectional') return [segment(a, b), segment(c, d)].join('');
  return at.map((point, index) => `${index ? 'L' : 'M'}${point.join(' ')}`).join('');
}

function segment(a: Point | undefined, b: Point | undefined): string {
  return a && b ? `M${a.join(' ')}L${b.join(' ')}` : '';
}

function polygon(points: Point[]): string {
  return points.length > 1 ? `M${points.map((point) => point.map((value) => value.toFixed(1)).join(' ')).join('L')}Z` : '';
}

/** From the first point to the tip at the second. */
function arrow([x1, y1]: Point, [x2, y2]: Point): string {
  const turn = Math.atan2(y2 - y1, x2 - x1);
  const barb = (lean: number) => `M${x2} ${y2}L${x2 - HEAD * Math.cos(turn + lean)} ${y2 - HEAD * Math.sin(turn + lean)}`;
  return `M${x1} ${y1}L${x2} ${y2}${barb(0.45)}${barb(-0.45)}`;
}

/** Drawn point by point, so that it turns and flips with the image. */
function ellipsePoints(a: ImagePoint, b: ImagePoint): ImagePoint[] {
  const middle = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2] as const;
  const radius = [Math.abs(b[0] - a[0]) / 2, Math.abs(b[1] - a[1]) / 2] as const;
  return Array.from({ length: 48 }, (_, i) => {
    const turn = (i / 48) * 2 * Math.PI;
    return [middle[0] + radius[0] * Math.cos(turn), middle[1] + radius[1] * Math.sin(turn)];
  });
}

function handles(kind: Kind, points: Point[]): SVGElement[] {
  if (kind === 'probe' || kind === 'region') return [];
  return points.map(([cx, cy]) => svgElement('circle', { cx, cy, r: 4, class: 'viewer-shape-handle' }));
}

/** Beside the shape, on the side where the words have room. */
function drawLabel(label: string, points: Point[], room: number): SVGTextElement {
  const outermost = (way: 1 | -1) => points.reduce((far, point) => (way * point[0] > way * far[0] ? point : far), points[0] ?? [0, 0]);
  const [right, left] = [outermost(1), outermost(-1)];
  const wide = label.length * LABEL_PIXELS;
  const isCramped = right[0] + 10 + wide > room && left[0] - 10 - wide > 0;
  const node = svgElement('text', { class: 'viewer-shape-label', 'text-anchor': isCramped ? 'end' : 'start' });
  const [x, y] = isCramped ? [left[0] - 10, left[1] + 5] : [Math.max(Math.min(right[0] + 10, room - wide), 4), right[1] + 5];
  setAttributes(node, { x, y });
  node.textContent = label;
  return node;
}

function drawCaret([x, y]: Point): SVGElement {
  return svgElement('path', { class: 'viewer-caret', d: `M${x - 22} ${y}h16m12 0h16M${x} ${y - 22}v16m0 12v16` });
}
