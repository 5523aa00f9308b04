/** What a drag means: the active tool for the main button or one finger, fixed ones for the others. */

import { MEASURES } from './measure';
import type { Kind, MeasureKind } from './shapes';

export type HandTool = 'scroll' | 'window' | 'pan' | 'zoom';
/** `draw:` tools are an author's. */
export type ToolName = HandTool | MeasureKind | `draw:${Kind}`;

export const HAND_TOOLS: readonly HandTool[] = ['scroll', 'window', 'pan', 'zoom'];

/** A finger scrolls and a mouse windows, unless there is only one image to look at. */
export function defaultTool(imageCount: number): HandTool {
  const isTouch = matchMedia('(pointer: coarse)').matches;
  return isTouch && imageCount > 1 ? 'scroll' : 'window';
}

export function usableTools(imageCount: number): readonly HandTool[] {
  return imageCount > 1 ? HAND_TOOLS : HAND_TOOLS.filter((tool) => tool !== 'scroll');
}

export function toolForButton(button: number, active: ToolName): ToolName {
  if (button === 1) return 'pan';
  if (button === 2) return 'zoom';
  return active;
}

/** The kind of shape a tool draws, or null for the others. */
export function kindOf(tool: ToolName): Kind | null {
  if (tool.startsWith('draw:')) return tool.slice(5) as Kind;
  return MEASURES.find((kind) => kind === tool) ?? null;
}

/** Pixels of finger travel that turn one slice: the whole series in about one and a half image heights. */
export function pixelsPerSlice(imageHeight: number, imageCount: number): number {
  return Math.min(Math.max((imageHeight * 1.5) / imageCount, 4), 24);
}
