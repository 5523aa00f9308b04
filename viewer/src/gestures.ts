/** Turns pointers over the image into drags, pinches and wheel steps. */

import { screenDistance, type Point } from './geometry';

export interface GestureListener {
  dragStart(at: Point, button: number): void;
  dragMove(at: Point, dx: number, dy: number): void;
  dragEnd(at: Point): void;
  dragCancel(): void;
  /** A finger rested on one place; what follows is a drag from there. */
  hold(at: Point): void;
  /** A quick stroke sideways: 1 to the left, which brings what lies right, −1 to the right. */
  swipe(way: 1 | -1): void;
  /** Two fingers: `factor` since the last move, and how far their middle travelled. */
  pinch(factor: number, middle: Point, dx: number, dy: number): void;
  /** Returns whether the wheel was used; otherwise the page scrolls. */
  wheel(steps: number, at: Point, isZoom: boolean): boolean;
}

const PIXELS_A_LINE = 40;
/** A mouse notch reports at least this much at once; a trackpad reports less and is summed up. */
const NOTCH = 60;
const TRACKPAD_STEP = 32;
const HOLD_MS = 500;
/** A resting finger trembles by less than this. */
const STILL_PIXELS = 8;
const SWIPE_PIXELS = 56;
const SWIPE_MS = 400;

export function listenForGestures(target: HTMLElement, listener: GestureListener): void {
  listenForPointers(target, listener);
  listenForWheel(target, listener);
  target.addEventListener('contextmenu', (event) => event.preventDefault());
}

function listenForPointers(target: HTMLElement, listener: GestureListener): void {
  const pointers = new Map<number, Point>();
  let isPinching = false;
  let holdTimer = 0;
  let start: { at: Point; time: number } = { at: [0, 0], time: 0 };

  target.addEventListener('pointerdown', (event) => {
    // A captured pointer would keep its click from the retry button.
    if ((event.target as Element).closest('button')) return;
    target.setPointerCapture(event.pointerId);
    target.focus({ preventScroll: true, focusVisible: false } as FocusOptions);
    // The middle button would otherwise start the browser's own scrolling.
    if (event.button === 1) event.preventDefault();
    pointers.set(event.pointerId, pointIn(target, event));
    if (pointers.size === 1) begin(event);
    if (pointers.size === 2) {
      clearTimeout(holdTimer);
      isPinching = true;
      listener.dragCancel();
    }
  });

  target.addEventListener('pointermove', (event) => {
    const from = pointers.get(event.pointerId);
    if (!from) return;
    const at = pointIn(target, event);
    if (screenDistance(at, start.at) > STILL_PIXELS) clearTimeout(holdTimer);
    if (isPinching && pointers.size === 2) pinchTo(event.pointerId, at);
    else if (!isPinching) listener.dragMove(at, at[0] - from[0], at[1] - from[1]);
    pointers.set(event.pointerId, at);
  });

  function begin(event: PointerEvent): void {
    const at = pointIn(target, event);
    start = { at, time: event.timeStamp };
    listener.dragStart(at, event.button);
    clearTimeout(holdTimer);
    if (event.pointerType === 'touch') holdTimer = window.setTimeout(() => listener.hold(at), HOLD_MS);
  }

  function end(event: PointerEvent): void {
    const at = pointIn(target, event);
    const [dx, dy] = [at[0] - start.at[0], at[1] - start.at[1]];
    const isStroke = event.pointerType === 'touch' && event.timeStamp - start.time < SWIPE_MS;
    listener.dragEnd(at);
    if (isStroke && Math.abs(dx) > SWIPE_PIXELS && Math.abs(dx) > 2 * Math.abs(dy)) listener.swipe(dx < 0 ? 1 : -1);
  }

  function pinchTo(moved: number, at: Point): void {
    const other = [...pointers].find(([id]) => id !== moved)?.[1];
    const from = pointers.get(moved);
    if (!other || !from) return;
    const factor = screenDistance(at, other) / Math.max(screenDistance(from, other), 1);
    const middle: Point = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    listener.pinch(factor, middle, (at[0] - from[0]) / 2, (at[1] - from[1]) / 2);
  }

  function release(event: PointerEvent): void {
    if (!pointers.delete(event.pointerId)) return;
    clearTimeout(holdTimer);
    if (pointers.size > 0) return;
    if (!isPinching) {
      if (event.type === 'pointerup') end(event);
      else listener.dragCancel();
    }
    isPinching = false;
  }
  target.addEventListener('pointerup', release);
  target.addEventListener('pointercancel', release);
}

function listenForWheel(target: HTMLElement, listener: GestureListener): void {
  let rest = 0;
  target.addEventListener(
    'wheel',
    (event) => {
      const pixels = (event.deltaY || event.deltaX) * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_A_LINE : 1);
      if (Math.sign(pixels) !== Math.sign(rest)) rest = 0;
      rest = Math.abs(pixels) >= NOTCH ? Math.sign(pixels) * TRACKPAD_STEP : rest + pixels;
      const steps = Math.trunc(rest / TRACKPAD_STEP);
      rest -= steps * TRACKPAD_STEP;
      if (listener.wheel(steps, pointIn(target, event), event.ctrlKey || event.metaKey)) event.preventDefault();
    },
    { passive: false },
  );
}

function pointIn(target: HTMLElement, event: MouseEvent): Point {
  const box = target.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}
