/** Puts a shape's points down: by dragging a pointer, or one by one with a caret that the keyboard moves. */

import { DRAGS, MOST_POINTS, pointsWanted, squared, type ImagePoint, type Kind, type Shape } from './shapes';

export interface Pencil {
  kind: Kind;
  press(at: ImagePoint): void;
  drag(at: ImagePoint): void;
  /** `smallest`: a shape no larger than this, in image pixels, was a click. */
  lift(smallest: number): void;
  showCaret(at: ImagePoint): void;
  moveCaret(dx: number, dy: number, bounds: ImagePoint): void;
  putDown(): void;
  cancel(): void;
  caret(): ImagePoint | null;
  draft(): Shape | null;
  /** Points put down so far, for the keyboard's announcements. */
  count(): number;
}

export function createPencil(kind: Kind, onDone: (shape: Shape) => void): Pencil {
  let points: ImagePoint[] = [];
  let drags = 0;
  let caret: ImagePoint | null = null;

  function press(at: ImagePoint): void {
    if (kind === 'region' || drags === 0) points = [];
    const fresh = kind === 'region' ? 1 : (DRAGS[kind][drags] ?? 1);
    points = [...points, ...Array.from({ length: fresh }, (): ImagePoint => [...at])];
  }

  function drag(at: ImagePoint): void {
    const last = points.at(-1);
    if (!last) return;
    if (kind === 'region') {
      if (points.length < MOST_POINTS && Math.hypot(at[0] - last[0], at[1] - last[1]) >= 2) points.push(at);
    } else points = straightened([...points.slice(0, -1), at]);
  }

  function straightened(drawn: ImagePoint[]): ImagePoint[] {
    return kind === 'bidirectional' ? squared(drawn) : drawn;
  }

  function lift(smallest: number): void {
    if (points.length === 0) return;
    drags++;
    const isClick = pointsWanted(kind) > 1 && drags === 1 && extent() <= smallest;
    if (isClick || (kind === 'region' && points.length < 3)) return reset();
    if (kind === 'region' || points.length >= pointsWanted(kind)) finish();
  }

  function extent(): number {
    const span = (axis: 0 | 1) => Math.max(...points.map((each) => each[axis])) - Math.min(...points.map((each) => each[axis]));
    return Math.hypot(span(0), span(1));
  }

  function putDown(): void {
    if (!caret) return;
    const last = points.at(-1);
    const isSame = last && last[0] === caret[0] && last[1] === caret[1];
    if (isSame) {
      if (kind === 'region' && points.length >= 3) finish();
      return;
    }
    points = straightened([...points, [...caret]]);
    if (points.length >= Math.min(pointsWanted(kind), MOST_POINTS)) finish();
  }

  function finish(): void {
    const shape = { kind, points };
    reset();
    onDone(shape);
  }

  function reset(): void {
    [points, drags] = [[], 0];
  }

  function draft(): Shape | null {
    const drawn = caret && points.length > 0 ? straightened([...points, caret]) : points;
    return drawn.length > 0 ? { kind, points: drawn } : null;
  }

  return {
    kind,
    press(at) {
      caret = null;
      press(at);
    },
    drag,
    lift,
    showCaret: (at) => (caret ??= [Math.round(at[0]), Math.round(at[1])]),
    moveCaret(dx, dy, [columns, rows]) {
      if (caret) caret = [Math.min(Math.max(caret[0] + dx, 0), columns), Math.min(Math.max(caret[1] + dy, 0), rows)];
    },
    putDown,
    cancel() {
      caret = null;
      reset();
    },
    caret: () => caret,
    draft,
    count: () => points.length,
  };
}
