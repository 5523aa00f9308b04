/** What the server-rendered page says about one viewer: see the markup contract in `readPage`. */

import { isLayout, type ViewState } from './view-state';

export interface KeyImage {
  sopInstanceUID: string;
  frame: number;
  caption: string;
}

export interface SeriesEntry {
  studyInstanceUID: string;
  seriesInstanceUID: string;
  modality: string;
  label: string;
  frameCount: number;
  keyImages: KeyImage[];
  /** The image a reader begins with where none is a key image, so that it can be asked for before the metadata. */
  firstImage?: ImageAddress | null;
}

export interface ImageAddress {
  sopInstanceUID: string;
  frame: number;
}

export interface Page {
  section: HTMLElement;
  poster: HTMLImageElement | null;
  /** What the page calls the images; names the boards. */
  label: string;
  dicomWeb: string;
  /** Images of a case that is being asked lie behind names made for it. */
  isVeiled: boolean;
  series: SeriesEntry[];
  /** The author's arrangement, where there is one. */
  arrangement: ViewState | null;
  /** Addresses an author's page saves to; null on a reader's. */
  author: Author | null;
}

export interface Author {
  marksUrl: string;
  arrangementUrl: string;
  csrf: string;
}

/** Reads `<section data-viewer>`: its poster, DICOMweb root and the JSON list of series. */
export function readPage(section: HTMLElement): Page {
  const list = section.querySelector('script[data-viewer-series]')?.textContent ?? '[]';
  const arranged = JSON.parse(section.querySelector('script[data-viewer-arrangement]')?.textContent || 'null') as ViewState | null;
  const dicomWeb = (section.dataset.dicomWeb ?? '/dicom-web').replace(/\/$/, '');
  const { marksUrl, arrangementUrl, csrf } = section.dataset;
  return {
    section,
    poster: section.querySelector<HTMLImageElement>('[data-viewer-poster]'),
    label: section.getAttribute('aria-label') ?? '',
    dicomWeb,
    isVeiled: dicomWeb !== '/dicom-web',
    series: JSON.parse(list) as SeriesEntry[],
    arrangement: arranged && isLayout(arranged.layout) && arranged.cells.length > 0 ? arranged : null,
    author: marksUrl && arrangementUrl ? { marksUrl, arrangementUrl, csrf: csrf ?? '' } : null,
  };
}

/** Reads `#image=SOP_INSTANCE_UID/FRAME`, the address of one image on this page. */
export function readHash(hash: string): ImageAddress | null {
  const match = /^#image=([0-9.]+)(?:(?:\/|%2F)(\d+))?$/i.exec(hash);
  return match?.[1] ? { sopInstanceUID: match[1], frame: Number(match[2] ?? 1) } : null;
}

export function isSameImage(a: ImageAddress, b: ImageAddress): boolean {
  return a.sopInstanceUID === b.sopInstanceUID && a.frame === b.frame;
}

/** Links anywhere on the page that point at an image of this viewer. */
export function keyImageLinks(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('a[data-key-image]')];
}
