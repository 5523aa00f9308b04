/** What the server-rendered page says about one viewer: see the markup contract in `readPage`. */

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
}

export interface ImageAddress {
  sopInstanceUID: string;
  frame: number;
}

export interface Page {
  section: HTMLElement;
  poster: HTMLImageElement | null;
  dicomWeb: string;
  series: SeriesEntry[];
}

/** Reads `<section data-viewer>`: its poster, DICOMweb root and the JSON list of series. */
export function readPage(section: HTMLElement): Page {
  const list = section.querySelector('script[data-viewer-series]')?.textContent ?? '[]';
  return {
    section,
    poster: section.querySelector<HTMLImageElement>('[data-viewer-poster]'),
    dicomWeb: (section.dataset.dicomWeb ?? '/dicom-web').replace(/\/$/, ''),
    series: JSON.parse(list) as SeriesEntry[],
  };
}

/** Reads `#image=SOP_INSTANCE_UID/FRAME`, the address of one image on this page. */
export function readHash(hash: string): ImageAddress | null {
  const match = /^#image=([0-9.]+)(?:\/(\d+))?$/.exec(decodeURIComponent(hash));
  return match?.[1] ? { sopInstanceUID: match[1], frame: Number(match[2] ?? 1) } : null;
}

export function isSameImage(a: ImageAddress, b: ImageAddress): boolean {
  return a.sopInstanceUID === b.sopInstanceUID && a.frame === b.frame;
}

/** Links anywhere on the page that point at an image of this viewer. */
export function keyImageLinks(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('a[data-key-image]')];
}
