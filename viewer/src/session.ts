/** One series being read: its images and what of them is in memory. */

import { fetchFrame, fetchMetadata, frameUrl, type Frame } from './dicomweb';
import { frameCapacity } from './memory';
import type { ImageAddress, Page, SeriesEntry } from './page';
import { createPrefetcher, type Prefetcher } from './prefetch';
import { buildSeries, decodedBytes, type Series } from './series';

export interface Session {
  series: Series;
  prefetcher: Prefetcher;
  frameBytes: number;
  /** Slice the reader left; null until the series was first shown. */
  lastIndex: number | null;
}

/** The chunk with Cornerstone in it; asking for it starts its download. */
export type StageModule = Promise<typeof import('./stage')>;

export type HeadStart = Map<string, Promise<Frame>>;

/** Asks for a frame whose address the page already tells, before the metadata is here. */
export function startEarly(page: Page, entry: SeriesEntry, address: ImageAddress): HeadStart {
  const url = frameUrl(page.dicomWeb, entry, address.sopInstanceUID, address.frame);
  const frame = fetchFrame(url, { priority: 'high' });
  // Whoever takes this frame hears of its failure; until then it must not count as unhandled.
  frame.catch(() => undefined);
  return new Map([[url, frame]]);
}

export async function openSession(
  page: Page,
  entry: SeriesEntry,
  stageModule: StageModule,
  early: HeadStart,
  onLoaded: () => void,
): Promise<Session> {
  const series = buildSeries(page.dicomWeb, entry, await fetchMetadata(page.dicomWeb, entry, { priority: 'high' }));
  const [first] = series.images;
  const frameBytes = first ? decodedBytes(first) : 1;
  const prefetcher = createPrefetcher({
    count: series.images.length,
    capacity: frameCapacity(frameBytes),
    load: (index, signal, isWanted) => loadFrame(series, index, signal, isWanted, stageModule, early),
    forget: (index) => void forget(series, index, stageModule),
    onChange: onLoaded,
  });
  return { series, prefetcher, frameBytes, lastIndex: null };
}

async function loadFrame(
  series: Series,
  index: number,
  signal: AbortSignal,
  isWanted: boolean,
  stageModule: StageModule,
  early: HeadStart,
): Promise<void> {
  const image = series.images[index];
  if (!image) throw new RangeError('no such image in the series');
  const started = early.get(image.url);
  early.delete(image.url);
  const request = started ?? fetchFrame(image.url, { signal, priority: isWanted ? 'high' : 'low' });
  const [frame, stage] = await Promise.all([request, stageModule]);
  signal.throwIfAborted();
  await stage.keepFrame(image, frame, isWanted);
}

async function forget(series: Series, index: number, stageModule: StageModule): Promise<void> {
  const image = series.images[index];
  if (image) (await stageModule).forgetFrame(image);
}
