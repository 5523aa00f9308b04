/** Length measurements, drawn over the image as SVG and kept per image. */

import { setAttributes, svgElement } from './element';
import { distance, screenDistance, type Point, type WorldPoint } from './geometry';
import { firstValue, numbersOf, type StackImage } from './series';
import { text } from './text';

interface Length {
  image: StackImage;
  from: WorldPoint;
  to: WorldPoint;
}

interface Projection {
  toWorld(point: Point): WorldPoint;
  toCanvas(world: WorldPoint): Point;
}

export interface Measurements {
  node: SVGSVGElement;
  begin(at: Point, image: StackImage): void;
  extend(at: Point): void;
  finish(): void;
  cancel(): void;
  removeLast(image: StackImage): void;
  clear(): void;
  draw(image: StackImage): void;
  count(): number;
}

/** A shorter line is a click, not a measurement. */
const SHORTEST_PIXELS = 4;
/** A finger hides the point under it, so an end within this reach is taken up again. */
const REACH_PIXELS = 18;

export function createMeasurements(projection: Projection): Measurements {
  const node = svgElement('svg', { class: 'viewer-measurements', 'aria-hidden': 'true' });
  let lengths: Length[] = [];
  let current: Length | null = null;

  function begin(at: Point, image: StackImage): void {
    current = takeUp(at, image) ?? { image, from: projection.toWorld(at), to: projection.toWorld(at) };
  }

  function takeUp(at: Point, image: StackImage): Length | null {
    const isNear = (world: WorldPoint) => screenDistance(projection.toCanvas(world), at) < REACH_PIXELS;
    const length = lengths.find((one) => one.image === image && (isNear(one.from) || isNear(one.to)));
    if (!length) return null;
    lengths = lengths.filter((one) => one !== length);
    return isNear(length.to) ? length : { image, from: length.to, to: length.from };
  }

  function extend(at: Point): void {
    if (current) current.to = projection.toWorld(at);
  }

  function finish(): void {
    const isLongEnough = current && screenDistance(projection.toCanvas(current.from), projection.toCanvas(current.to)) >= SHORTEST_PIXELS;
    if (current && isLongEnough) lengths.push(current);
    current = null;
  }

  function draw(image: StackImage): void {
    const shown = [...lengths, ...(current ? [current] : [])].filter((one) => one.image === image);
    node.replaceChildren(...shown.map((one) => drawLength(one, projection)));
  }

  return {
    node,
    begin,
    extend,
    finish,
    draw,
    cancel: () => (current = null),
    removeLast(image) {
      const last = lengths.findLast((one) => one.image === image);
      lengths = lengths.filter((one) => one !== last);
    },
    clear: () => (lengths = []),
    count: () => lengths.length,
  };
}

function drawLength(length: Length, projection: Projection): SVGGElement {
  const [x1, y1] = projection.toCanvas(length.from);
  const [x2, y2] = projection.toCanvas(length.to);
  const group = svgElement('g');
  for (const kind of ['shadow', 'line']) group.append(svgElement('line', { x1, y1, x2, y2, class: `viewer-length-${kind}` }));
  for (const [cx, cy] of [[x1, y1], [x2, y2]]) group.append(svgElement('circle', { cx: cx ?? 0, cy: cy ?? 0, r: 4, class: 'viewer-length-end' }));
  const label = svgElement('text', { class: 'viewer-length-label' });
  setAttributes(label, { x: Math.max(x1, x2) + 10, y: (x1 > x2 ? y1 : y2) + 5 });
  label.textContent = lengthLabel(length);
  group.append(label);
  return group;
}

/** Millimetres where the header calibrates the pixels, millimetres at the detector for plain radiographs, else pixels. */
function lengthLabel({ image, from, to }: Length): string {
  const worldLength = distance(from, to);
  const [detectorSpacing] = numbersOf(image.instance['00181164']);
  if (hasPixelSpacing(image)) return `${worldLength.toFixed(1)} mm`;
  if (detectorSpacing) return `${(worldLength * detectorSpacing).toFixed(1)} mm (${text.detector})`;
  return `${worldLength.toFixed(0)} ${text.pixels}`;
}

function hasPixelSpacing({ instance }: StackImage): boolean {
  const isEnhanced = Boolean(instance['52009229'] ?? instance['52009230']);
  return isEnhanced || firstValue(instance['00280030']) !== undefined;
}
