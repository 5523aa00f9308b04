/** Which frames to load next: the wanted one at once, then its neighbours, then gently the rest. */

export interface PrefetchOptions {
  count: number;
  /** How many frames may stay in memory; less while several cells share it. */
  capacity(): number;
  /** How many requests may be in the air. */
  flights(): number;
  /** Loads, decodes and keeps one frame. */
  load(index: number, signal: AbortSignal, isWanted: boolean): Promise<void>;
  /** Forgets one frame that no longer fits. */
  forget(index: number): void;
  onChange(): void;
}

export interface Prefetcher {
  /** Moves the centre of attention and resolves when that frame is in memory. */
  want(index: number): Promise<void>;
  /** Begins to load frames nobody has asked for yet. */
  start(): void;
  /** Stops prefetching and lets go of requests in the air. */
  pause(): void;
  /** Forgets every frame in memory. */
  clear(): void;
  /** Forgets what no longer fits, since others want room. */
  trim(): void;
  isLoaded(index: number): boolean;
  readonly isRunning: boolean;
  readonly loaded: ReadonlySet<number>;
  /** Frames that will be in memory once everything that fits has arrived. */
  readonly most: number;
}

interface Flight {
  promise: Promise<void>;
  abort: AbortController;
}

/** Requests in the air at once; browsers open six connections to one HTTP/1.1 host, and one stays free for the frame asked for next. */
export const MOST_FLIGHTS = 5;
const AHEAD = 10;
const BEHIND = 5;

/** Order in which to load: `AHEAD` frames in the direction of travel, `BEHIND` the other way, then outwards. */
export function planOrder(count: number, centre: number, direction: 1 | -1, capacity: number): number[] {
  const near = [...steps(centre, direction, 1, AHEAD), ...steps(centre, -direction, 1, BEHIND)];
  const far: number[] = [];
  for (let distance = 1; distance < count; distance++) far.push(centre + direction * distance, centre - direction * distance);
  const inside = [centre, ...near, ...far].filter((index) => index >= 0 && index < count);
  return [...new Set(inside)].slice(0, capacity);
}

function steps(centre: number, direction: number, from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => centre + direction * (from + i));
}

export function createPrefetcher({ count, capacity, flights: mostFlights, load, forget, onChange }: PrefetchOptions): Prefetcher {
  const loaded = new Set<number>();
  const failed = new Set<number>();
  const flights = new Map<number, Flight>();
  let centre = -1;
  let direction: 1 | -1 = 1;
  let isRunning = false;
  let order: number[] = [];

  async function want(index: number): Promise<void> {
    turnTo(index);
    if (!loaded.has(index)) {
      failed.delete(index);
      abortFarFrom(index);
      await (flightInAir(index) ?? launch(index, true)).promise;
    }
    fill();
  }

  function turnTo(index: number): void {
    if (index !== centre && centre >= 0) direction = index > centre ? 1 : -1;
    centre = index;
    order = planOrder(count, centre, direction, capacity());
  }

  function launch(index: number, isWanted: boolean): Flight {
    const abort = new AbortController();
    const promise = load(index, abort.signal, isWanted)
      .then(() => land(index))
      .catch((error: unknown) => {
        if (!abort.signal.aborted) failed.add(index);
        throw error;
      })
      .finally(() => {
        if (flights.get(index) === flight) flights.delete(index);
        fill();
      });
    // A prefetch nobody waits for may fail in silence: it is asked for again when it is wanted.
    promise.catch(() => undefined);
    const flight = { promise, abort };
    flights.set(index, flight);
    return flight;
  }

  function flightInAir(index: number): Flight | undefined {
    const flight = flights.get(index);
    return flight?.abort.signal.aborted ? undefined : flight;
  }

  function land(index: number): void {
    loaded.add(index);
    trim();
    onChange();
  }

  function trim(): void {
    while (loaded.size > capacity()) drop(farthest());
  }

  function farthest(): number {
    return [...loaded].reduce((far, index) => (Math.abs(index - centre) > Math.abs(far - centre) ? index : far));
  }

  function drop(index: number): void {
    loaded.delete(index);
    forget(index);
  }

  function abortFarFrom(index: number): void {
    for (const [other, flight] of flights) if (Math.abs(other - index) > AHEAD) flight.abort.abort();
  }

  function fill(): void {
    const isCentreWaiting = !loaded.has(centre) && !failed.has(centre);
    if (!isRunning || isCentreWaiting) return;
    for (const index of order) {
      if (flights.size >= mostFlights()) return;
      if (!loaded.has(index) && !failed.has(index) && !flights.has(index)) launch(index, false);
    }
  }

  return {
    want,
    start() {
      isRunning = true;
      fill();
    },
    pause() {
      isRunning = false;
      for (const [index, { abort }] of flights) if (index !== centre) abort.abort();
    },
    clear() {
      for (const index of [...loaded]) drop(index);
    },
    trim,
    isLoaded: (index) => loaded.has(index),
    get isRunning() {
      return isRunning;
    },
    loaded,
    get most() {
      return Math.min(count, capacity());
    },
  };
}
