/** Window presets in Hounsfield units. */

export interface Window {
  centre: number;
  width: number;
}

/** What a CT is shown with when its header names no window. */
export const CT_WINDOW: Window = { centre: 40, width: 400 };

export type PresetName = 'lung' | 'mediastinum' | 'bone';

export interface Preset extends Window {
  name: PresetName;
  key: string;
}

export const CT_PRESETS: readonly Preset[] = [
  { name: 'lung', key: '1', centre: -600, width: 1500 },
  { name: 'mediastinum', key: '2', ...CT_WINDOW },
  { name: 'bone', key: '3', centre: 400, width: 1800 },
];

export function presetsFor(modality: string): readonly Preset[] {
  return modality === 'CT' ? CT_PRESETS : [];
}

export function presetOf(window: Window, presets: readonly Preset[]): Preset | null {
  return presets.find((preset) => isNear(preset.centre, window.centre) && isNear(preset.width, window.width)) ?? null;
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) < 1.5;
}

/** Window after a drag of (dx, dy) pixels: right widens, down darkens; wide windows move faster. */
export function draggedWindow(from: Window, dx: number, dy: number): Window {
  const step = Math.max(from.width / 400, 0.02);
  return { centre: from.centre + dy * step, width: Math.max(from.width + dx * step, 1) };
}
