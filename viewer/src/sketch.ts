/** What is being drawn right now, in whichever cell: measurements for everyone, marks for an author. */

import type { Cell } from './cell-contract';
import type { Drawn } from './drawing';
import { screenDistance, type Point } from './geometry';
import type { Grasp, Measurements, Reading } from './measure';
import { createPencil, type Pencil } from './pencil';
import { numbersOf, type StackImage } from './series';
import { pointsWanted, type ImagePoint, type Kind, type Shape } from './shapes';

export interface Sketch {
  /** Chooses what the next drag or the next Enter draws; null puts the pencil away. */
  arm(kind: Kind | null): void;
  press(cell: Cell, at: Point): void;
  drag(cell: Cell, at: Point): void;
  lift(cell: Cell): void;
  cancel(): boolean;
  /** The keyboard: shows the caret first, then puts a point down; tells how far the shape is. */
  putDown(cell: Cell): Progress | null;
  moveCaret(cell: Cell, dx: number, dy: number): boolean;
  isPlacing(): boolean;
  draftIn(cell: Cell): { drawn: Drawn[]; caret: ImagePoint | null };
}

/** Points put down, and how many the shape takes (Infinity for a region). */
export interface Progress {
  count: number;
  wanted: number;
}

/** A shorter line is a click, not a measurement. */
const SHORTEST_PIXELS = 4;
/** A finger hides the point under it, so an end within this reach is taken up again. */
const REACH_PIXELS = 18;

export function createSketch(
  measurements: Measurements,
  readingOf: (image: StackImage) => Reading,
  onDone: (cell: Cell, image: StackImage, shape: Shape) => void,
  onAdjusted: (words: string) => void,
): Sketch {
  let pencil: Pencil | null = null;
  let held: Grasp | null = null;
  let heldWords = '';
  let place: { cell: Cell; image: StackImage } | null = null;

  function arm(kind: Kind | null): void {
    if (pencil?.kind === kind) return;
    place = null;
    pencil = kind === null ? null : createPencil(kind, (shape) => place && onDone(place.cell, place.image, shape));
  }

  /** A new image takes a new shape: what was begun on another one is let go. */
  function settleOn(cell: Cell): StackImage | null {
    const image = cell.image();
    if (place && (place.cell !== cell || place.image !== image)) pencil?.cancel();
    place = image ? { cell, image } : null;
    return image;
  }

  function press(cell: Cell, at: Point): void {
    const [image, stage] = [settleOn(cell), cell.stage()];
    if (!image || !stage || !pencil) return;
    const isNear = (point: ImagePoint) => screenDistance(stage.toCanvas(point), at) < REACH_PIXELS;
    held = pencil.count() === 0 ? measurements.grasp(image, isNear) : null;
    if (!held) pencil.press(stage.toImage(at));
  }

  function drag(cell: Cell, at: Point): void {
    const [image, stage] = [cell.image(), cell.stage()];
    if (!image || !stage) return;
    if (held) heldWords = held.move(stage.toImage(at), readingOf(image));
    else pencil?.drag(stage.toImage(at));
  }

  function lift(cell: Cell): void {
    const stage = cell.stage();
    if (held && heldWords) onAdjusted(heldWords);
    else if (stage && !held) pencil?.lift(smallest(stage.toImage([0, 0]), stage.toImage([SHORTEST_PIXELS, 0])));
    [held, heldWords] = [null, ''];
  }

  function smallest(a: ImagePoint, b: ImagePoint): number {
    return Math.hypot(b[0] - a[0], b[1] - a[1]);
  }

  function putDown(cell: Cell): Progress | null {
    const [image, stage] = [settleOn(cell), cell.stage()];
    if (!pencil || !image || !stage) return null;
    const wanted = pointsWanted(pencil.kind);
    if (pencil.caret()) pencil.putDown();
    else pencil.showCaret(stage.toImage([cell.size()[0] / 2, cell.size()[1] / 2]));
    return { count: pencil.count(), wanted };
  }

  function moveCaret(cell: Cell, dx: number, dy: number): boolean {
    const image = cell.image();
    if (!pencil?.caret() || !image || place?.cell !== cell) return false;
    const [rows = 1] = numbersOf(image.instance['00280010']);
    const [columns = 1] = numbersOf(image.instance['00280011']);
    const way = turned(cell, dx, dy);
    pencil.moveCaret(way[0], way[1], [columns, rows]);
    return true;
  }

  /** Arrows mean the screen's directions, however the image is turned. */
  function turned(cell: Cell, dx: number, dy: number): ImagePoint {
    const view = cell.stage()?.view();
    if (!view) return [dx, dy];
    return [Math.round(view.right[0] * dx + view.down[0] * dy), Math.round(view.right[1] * dx + view.down[1] * dy)];
  }

  return {
    arm,
    press,
    drag,
    lift,
    cancel() {
      const wasBusy = Boolean(pencil?.caret()) || (pencil?.count() ?? 0) > 0;
      pencil?.cancel();
      held = null;
      return wasBusy;
    },
    putDown,
    moveCaret,
    isPlacing: () => Boolean(pencil?.caret()),
    draftIn(cell) {
      const isHere = place?.cell === cell && place.image === cell.image();
      const draft = isHere ? pencil?.draft() : null;
      return { drawn: draft ? [{ shape: draft, label: '', look: 'draft' }] : [], caret: (isHere && pencil?.caret()) || null };
    },
  };
}
