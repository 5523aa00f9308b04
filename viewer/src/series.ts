/** A series as the list of images to scroll, in the server's order; multi-frame instances become their frames. */

import { frameUrl, type DicomElement, type Instance } from './dicomweb';
import { isSameImage, type ImageAddress, type KeyImage, type SeriesEntry } from './page';

export interface StackImage extends ImageAddress {
  imageId: string;
  url: string;
  instance: Instance;
  keyImage: KeyImage | null;
}

export interface Series {
  entry: SeriesEntry;
  images: StackImage[];
}

export function buildSeries(dicomWeb: string, entry: SeriesEntry, instances: Instance[]): Series {
  return { entry, images: instances.flatMap((instance) => framesOf(dicomWeb, entry, withUsableSpacing(instance))) };
}

/** A Pixel Spacing of zero, which some scanners write, would leave an image without size. */
function withUsableSpacing(instance: Instance): Instance {
  const isUsable = numbersOf(instance['00280030']).every((spacing) => spacing > 0);
  return isUsable ? instance : { ...instance, '00280030': undefined };
}

function framesOf(dicomWeb: string, entry: SeriesEntry, instance: Instance): StackImage[] {
  const sopInstanceUID = String(firstValue(instance['00080018']) ?? '');
  const count = Number(firstValue(instance['00280008']) ?? 1) || 1;
  return Array.from({ length: count }, (_, index) => {
    const address = { sopInstanceUID, frame: index + 1 };
    const url = frameUrl(dicomWeb, entry, sopInstanceUID, address.frame);
    const keyImage = entry.keyImages?.find((key) => isSameImage(key, address)) ?? null;
    return { ...address, url, imageId: `wadors:${url}`, instance, keyImage };
  });
}

export function indexOfImage(series: Series, address: ImageAddress): number {
  return series.images.findIndex((image) => isSameImage(image, address));
}

/** The first key image of the series, else its middle, as the server's picture and `firstImage` have it. */
export function startIndex(series: Series): number {
  const key = series.images.findIndex((image) => image.keyImage);
  return key >= 0 ? key : Math.floor(series.images.length / 2);
}

export function firstValue(element: DicomElement | undefined): unknown {
  return element?.Value?.[0];
}

export function numbersOf(element: DicomElement | undefined): number[] {
  return (element?.Value ?? []).map(Number).filter(Number.isFinite);
}

/** Bytes one decoded frame takes in memory. */
export function decodedBytes(image: StackImage): number {
  const [rows = 512] = numbersOf(image.instance['00280010']);
  const [columns = 512] = numbersOf(image.instance['00280011']);
  const [samples = 1] = numbersOf(image.instance['00280002']);
  const [bits = 16] = numbersOf(image.instance['00280100']);
  const [slope = 1] = numbersOf(image.instance['00281053']);
  const bytesPerSample = Number.isInteger(slope) ? Math.ceil(bits / 8) : 4;
  return rows * columns * samples * bytesPerSample;
}
