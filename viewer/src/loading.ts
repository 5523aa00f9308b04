/** Amounts and waits in words. */

import { text } from './text';

export function bytesInWords(bytes: number): string {
  const megabytes = bytes / 1e6;
  return megabytes < 0.95 ? `${Math.max(Math.round(bytes / 1e3), 1)} kB` : `${megabytes < 10 ? megabytes.toFixed(1) : megabytes.toFixed(0)} MB`;
}

/** What is still to come: how much and, once the line has shown its speed, for how long. */
export function waitInWords(bytes: number, bytesPerSecond: number | null): string {
  const seconds = bytesPerSecond ? Math.ceil(bytes / bytesPerSecond) : 0;
  return seconds > 1 ? text.toComeFor(bytesInWords(bytes), seconds) : text.toCome(bytesInWords(bytes));
}
