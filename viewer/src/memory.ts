/** How much decoded image data this device may hold. */

const MEGABYTE = 1024 * 1024;

interface DeviceHints {
  deviceMemory?: number;
}

/** A ninth of the memory the browser admits to; a careful guess where it admits to none (Safari, Firefox). */
export function memoryLimitBytes(): number {
  const { deviceMemory } = navigator as DeviceHints;
  const guess = matchMedia('(pointer: coarse)').matches ? 2 : 6;
  const megabytes = (deviceMemory ?? guess) * 112;
  return Math.min(Math.max(megabytes, 96), 900) * MEGABYTE;
}

/** Frames of that size to keep when `sharers` series are open beside each other. */
export function frameCapacity(frameBytes: number, sharers: number): number {
  return Math.max(3, Math.floor(memoryLimitBytes() / frameBytes / Math.max(sharers, 1)));
}
