/** The series being read: their images, and what of them is in memory, shared by every cell that shows them. */

import { fetchFrame, fetchMetadata, frameUrl, type Frame } from './dicomweb';
import { line } from './line';
import { frameCapacity, memoryLimitBytes } from './memory';
import type { ImageAddress, Page, SeriesEntry } from './page';
import { createPrefetcher, MOST_FLIGHTS, type Prefetcher } from './prefetch';
import { buildSeries, decodedBytes, type Series } from './series';

export interface Session {
  series: Series;
  prefetcher: Prefetcher;
  frameBytes: number;
  /** Bytes that came over the line for this series' frames, and how many frames they were. */
  received: { bytes: number; frames: number };
  /** Slice the reader left; null until the series was first shown. */
  lastIndex: number | null;
  /** Called whenever a frame has come or gone. */
  listeners: Set<() => void>;
  /** Cells that show it now. */
  users: number;
}

/** The chunk with Cornerstone in it; asking for it starts its download. */
export type StageModule = Promise<typeof import('./stage')>;

/** A frame that was asked for before its series was known, under its address. */
export interface HeadStart {
  url: string;
  frame: Promise<Frame>;
}

export interface Sessions {
  get(index: number, early?: HeadStart): Promise<Session>;
  /** Series that some cell shows now. */
  inUse(): number;
  use(session: Session): void;
  leave(session: Session): void;
}

/** Asks for a frame whose address the page already tells, before the metadata is here. */
export function startEarly(page: Page, entry: SeriesEntry, address: ImageAddress): HeadStart {
  const url = frameUrl(page.dicomWeb, entry, address.sopInstanceUID, address.frame);
  const frame = timed(fetchFrame(url, { priority: 'high' }));
  // Whoever takes this frame hears of its failure; until then it must not count as unhandled.
  frame.catch(() => undefined);
  return { url, frame };
}

export function createSessions(page: Page, stageModule: StageModule): Sessions {
  const opening: (Promise<Session> | undefined)[] = [];
  const used = new Set<Session>();

  function get(index: number, early?: HeadStart): Promise<Session> {
    const entry = page.series[index];
    if (!entry) return Promise.reject(new RangeError('no such series'));
    const session = (opening[index] ??= openSession(page, entry, stageModule, early, () => Math.max(used.size, 1)));
    session.catch(() => (opening[index] = undefined));
    return session;
  }

  return {
    get,
    inUse: () => used.size,
    use(session) {
      session.users++;
      used.add(session);
      for (const each of used) each.prefetcher.trim();
    },
    leave(session) {
      if (--session.users > 0) return;
      used.delete(session);
      session.prefetcher.pause();
      if (session.prefetcher.loaded.size * session.frameBytes > memoryLimitBytes() / 2) session.prefetcher.clear();
    },
  };
}

async function openSession(
  page: Page,
  entry: SeriesEntry,
  stageModule: StageModule,
  early: HeadStart | undefined,
  sharers: () => number,
): Promise<Session> {
  const series = buildSeries(page.dicomWeb, entry, await fetchMetadata(page.dicomWeb, entry, { priority: 'high' }));
  const [first] = series.images;
  const frameBytes = first ? decodedBytes(first) : 1;
  const listeners = new Set<() => void>();
  const received = { bytes: 0, frames: 0 };
  const started = new Map(early ? [[early.url, early.frame]] : []);
  const prefetcher = createPrefetcher({
    count: series.images.length,
    capacity: () => frameCapacity(frameBytes, sharers()),
    flights: () => Math.max(Math.floor(MOST_FLIGHTS / sharers()), 1),
    load: (index, signal, isWanted) => loadFrame(series, index, signal, isWanted, stageModule, started, received),
    forget: (index) => void forget(series, index, stageModule),
    onChange: () => listeners.forEach((listener) => listener()),
  });
  return { series, prefetcher, frameBytes, received, lastIndex: null, listeners, users: 0 };
}

async function loadFrame(
  series: Series,
  index: number,
  signal: AbortSignal,
  isWanted: boolean,
  stageModule: StageModule,
  started: Map<string, Promise<Frame>>,
  received: Session['received'],
): Promise<void> {
  const image = series.images[index];
  if (!image) throw new RangeError('no such image in the series');
  const early = started.get(image.url);
  started.delete(image.url);
  const request = early ?? timed(fetchFrame(image.url, { signal, priority: isWanted ? 'high' : 'low' }));
  const [frame, stage] = await Promise.all([request, stageModule]);
  received.bytes += frame.bytes.length;
  received.frames++;
  signal.throwIfAborted();
  await stage.keepFrame(image, frame, isWanted);
}

/** Lets the line's meter run while a frame is on its way. */
async function timed(request: Promise<Frame>): Promise<Frame> {
  line.begin();
  let bytes = 0;
  try {
    const frame = await request;
    bytes = frame.bytes.length;
    return frame;
  } finally {
    line.end(bytes);
  }
}

async function forget(series: Series, index: number, stageModule: StageModule): Promise<void> {
  const image = series.images[index];
  if (image) (await stageModule).forgetFrame(image);
}

/** Bytes still to come until all that fits is in memory, by the frames that came so far; null before the first. */
export function bytesToCome({ received, prefetcher }: Session): number | null {
  const left = Math.max(prefetcher.most - prefetcher.loaded.size, 0);
  return received.frames === 0 ? null : (received.bytes / received.frames) * left;
}
