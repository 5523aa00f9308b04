/** What the pointer does over a cell, by the tool that is chosen. */

import type { Cell } from './cell-contract';
import type { GestureListener } from './gestures';
import type { Point } from './geometry';
import { draggedWindow } from './presets';
import type { Sketch } from './sketch';
import { kindOf, pixelsPerSlice, toolForButton, type ToolName } from './tools';

export interface HandHost {
  tool(): ToolName;
  sketch: Sketch;
  cellCount(): number;
  /** Brings the next cell (1) or the one before (−1) to a narrow screen. */
  turnToCell(way: 1 | -1): void;
  /** Chooses measuring for a finger that rests. */
  measureNow(): void;
  redraw(cell: Cell): void;
}

const DRAG_ZOOM_PER_PIXEL = 0.006;
const WHEEL_ZOOM = 1.1;

export function handOver(cell: Cell, host: HandHost): GestureListener {
  let dragTool: ToolName | null = null;
  let dragFrom: Point = [0, 0];
  let travel = 0;
  const isDrawing = () => dragTool !== null && kindOf(dragTool) !== null;

  function end(): void {
    dragTool = null;
    cell.board.classList.remove('is-dragging');
    host.redraw(cell);
  }

  function scrollBy(dy: number): void {
    travel += dy;
    const step = pixelsPerSlice(cell.board.clientHeight, cell.session()?.series.images.length ?? 1);
    const slices = Math.trunc(travel / step);
    travel -= slices * step;
    if (slices) void cell.goTo(cell.target() + slices);
  }

  return {
    dragStart(at, button) {
      dragTool = toolForButton(button, host.tool());
      dragFrom = at;
      travel = 0;
      if (isDrawing()) host.sketch.press(cell, at);
      cell.board.classList.add('is-dragging');
    },
    dragMove(at, dx, dy) {
      const stage = cell.stage();
      if (!stage || !dragTool) return;
      if (dragTool === 'window') stage.setWindow(draggedWindow(stage.view().window, dx, dy));
      if (dragTool === 'pan') stage.panBy(dx, dy);
      if (dragTool === 'zoom') stage.zoomAt(Math.exp(-dy * DRAG_ZOOM_PER_PIXEL), dragFrom);
      if (dragTool === 'scroll') scrollBy(dy);
      if (!isDrawing()) return;
      host.sketch.drag(cell, at);
      host.redraw(cell);
    },
    dragEnd() {
      if (isDrawing()) host.sketch.lift(cell);
      end();
    },
    dragCancel() {
      host.sketch.cancel();
      end();
    },
    hold(at) {
      if (dragTool === null || isDrawing()) return;
      host.measureNow();
      dragTool = 'length';
      host.sketch.press(cell, at);
    },
    swipe(way) {
      if (host.tool() === 'scroll' && host.cellCount() > 1) host.turnToCell(way);
    },
    pinch(factor, at, dx, dy) {
      cell.stage()?.zoomAt(factor, at);
      cell.stage()?.panBy(dx, dy);
    },
    wheel(steps, at, isZoom) {
      const isStack = (cell.session()?.series.images.length ?? 0) > 1;
      if (isZoom || (!isStack && cell.board.contains(document.activeElement))) {
        cell.stage()?.zoomAt(WHEEL_ZOOM ** -steps, at);
        return true;
      }
      if (isStack && steps) void cell.goTo(cell.target() + steps);
      return isStack;
    },
  };
}
