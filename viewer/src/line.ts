/** How fast the line is, and whether the reader pays for it by the byte. */

interface Connection {
  saveData?: boolean;
  type?: string;
}

const REMEMBERED = 'firstlight.data-saver';

/** Bytes a second over the time in which anything was under way; parallel requests count once. */
export interface Line {
  begin(): void;
  end(bytes: number): void;
  bytesPerSecond(): number | null;
}

export function createLine(now: () => number): Line {
  let underWay = 0;
  let since = 0;
  let busyMs = 0;
  let bytes = 0;
  return {
    begin() {
      if (underWay++ === 0) since = now();
    },
    end(received) {
      bytes += received;
      if (--underWay === 0) busyMs += now() - since;
    },
    bytesPerSecond() {
      const ms = busyMs + (underWay > 0 ? now() - since : 0);
      return bytes > 0 && ms > 0 ? (bytes * 1000) / ms : null;
    },
  };
}

export const line = createLine(() => performance.now());

/** What the browser says of the line, where it says anything (Chromium on Android does). */
function isMetered(): boolean {
  const { connection } = navigator as { connection?: Connection };
  return Boolean(connection?.saveData) || connection?.type === 'cellular';
}

/** The reader's own word stands over the browser's; it is remembered on this device alone. */
export function savesData(): boolean {
  const chosen = remembered();
  return chosen === null ? isMetered() : chosen === 'on';
}

export function rememberDataSaver(isOn: boolean): void {
  try {
    localStorage.setItem(REMEMBERED, isOn ? 'on' : 'off');
  } catch {
    // A browser that keeps nothing asks again on the next page.
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}
