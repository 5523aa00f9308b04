/** How much decoded image data this device may hold. */

const MEGABYTE = 1024 * 1024;

interface DeviceHints {
  deviceMemory?: number;
  connection?: { saveData?: boolean };
}

/** A ninth of the memory the browser admits to; a careful guess where it admits to none (Safari, Firefox). */
export function memoryLimitBytes(): number {
  const { deviceMemory } = navigator as DeviceHints;
  const guess = matchMedia('(pointer: coarse)').matches ? 2 : 6;
  const megabytes = (deviceMemory ?? guess) * 112;
  return Math.min(Math.max(megabytes, 96), 900) * MEGABYTE;
}

/** Frames to keep: all that fit, or only the neighbourhood when the reader asked to save data. */
export function frameCapacity(frameBytes: number): number {
  const fitting = Math.max(3, Math.floor(memoryLimitBytes() / frameBytes));
  const { connection } = navigator as DeviceHints;
  return connection?.saveData ? Math.min(fitting, 16) : fitting;
}
