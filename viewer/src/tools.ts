/** What a drag means: the active tool for the main button or one finger, fixed ones for the others. */

export type ToolName = 'scroll' | 'window' | 'pan' | 'zoom' | 'length';

export const TOOLS: readonly ToolName[] = ['scroll', 'window', 'pan', 'zoom', 'length'];

/** A finger scrolls and a mouse windows, unless there is only one image to look at. */
export function defaultTool(imageCount: number): ToolName {
  const isTouch = matchMedia('(pointer: coarse)').matches;
  return isTouch && imageCount > 1 ? 'scroll' : 'window';
}

export function usableTools(imageCount: number): readonly ToolName[] {
  return imageCount > 1 ? TOOLS : TOOLS.filter((tool) => tool !== 'scroll');
}

export function toolForButton(button: number, active: ToolName): ToolName {
  if (button === 1) return 'pan';
  if (button === 2) return 'zoom';
  return active;
}

/** Pixels of finger travel that turn one slice: the whole series in about one and a half image heights. */
export function pixelsPerSlice(imageHeight: number, imageCount: number): number {
  return Math.min(Math.max((imageHeight * 1.5) / imageCount, 4), 24);
}
