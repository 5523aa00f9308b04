/** The first slice, drawn on a plain canvas while Cornerstone is still on its way: every stored value, no tools yet. */

import charlsFactory from '@cornerstonejs/codec-charls/decodewasmjs';
import type { Frame, Instance } from './dicomweb';
import { CT_WINDOW, type Window } from './presets';
import { firstValue, numbersOf } from './series';

const JPEG_LS = '1.2.840.10008.1.2.4.80';
const PLAIN = ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'];
/** Beyond this unpacking would hold up the page; such an image waits for the decoder's worker. */
const MOST_PIXELS = 1_200_000;
const WASM = new URL('@cornerstonejs/codec-charls/decodewasm', import.meta.url);

/** What plain drawing needs of a grey image. */
interface Grey {
  columns: number;
  rows: number;
  bits: 8 | 16;
  /** Places that stand unused above each stored value. */
  spare: number;
  isSigned: boolean;
  isInverted: boolean;
  slope: number;
  intercept: number;
  window: Window;
}

/** The picture as it will stand on the stage; null for an image that needs more than a linear window. */
export async function firstSlice(frame: Frame, instance: Instance): Promise<HTMLCanvasElement | null> {
  const grey = greyOf(instance);
  const stored = grey && (await unpacked(frame, grey));
  if (!grey || !stored) return null;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [grey.columns, grey.rows];
  const picture = new ImageData(grey.columns, grey.rows);
  paint(picture.data, stored, grey);
  canvas.getContext('2d')?.putImageData(picture, 0, 0);
  return canvas;
}

/** PS3.3 C.7.6.3, C.11.1 and C.11.2; tables, curves, colours and oblong pixels are left to Cornerstone. */
export function greyOf(instance: Instance): Grey | null {
  const number = (tag: string, otherwise: number) => numbersOf(instance[tag])[0] ?? otherwise;
  const [rows, columns] = [number('00280010', 0), number('00280011', 0)];
  const [bits, storedBits] = [number('00280100', 0), number('00280101', 0)];
  const [down = 1, across = 1] = numbersOf(instance['00280030']);
  const photometric = String(firstValue(instance['00280004']) ?? '');
  const curve = String(firstValue(instance['00281056']) ?? 'LINEAR');
  const needsMore = instance['00283000'] ?? instance['00283010'] ?? instance['52009229'] ?? instance['52009230'];
  const window = windowOf(instance);
  const isPlain = number('00280002', 1) === 1 && photometric.startsWith('MONOCHROME') && curve === 'LINEAR' && down === across;
  if (!isPlain || needsMore || !window || (bits !== 8 && bits !== 16) || rows * columns === 0 || rows * columns > MOST_PIXELS) return null;
  return {
    columns,
    rows,
    bits,
    spare: bits - (storedBits || bits),
    isSigned: number('00280103', 0) === 1,
    isInverted: photometric === 'MONOCHROME1',
    slope: number('00281053', 1),
    intercept: number('00281052', 0),
    window,
  };
}

function windowOf(instance: Instance): Window | null {
  const [centre] = numbersOf(instance['00281050']);
  const [width] = numbersOf(instance['00281051']);
  if (centre !== undefined && width !== undefined && width >= 1) return { centre, width };
  return firstValue(instance['00080060']) === 'CT' ? CT_WINDOW : null;
}

async function unpacked(frame: Frame, { columns, rows, bits }: Grey): Promise<Uint8Array | null> {
  const length = (columns * rows * bits) / 8;
  const bytes = frame.transferSyntax === JPEG_LS ? await fromJpegLs(frame.bytes) : PLAIN.includes(frame.transferSyntax) ? frame.bytes : null;
  return bytes && bytes.length >= length ? bytes : null;
}

async function fromJpegLs(bytes: Uint8Array): Promise<Uint8Array> {
  const codec = await charlsFactory({ locateFile: (name) => (name.endsWith('.wasm') ? WASM.href : name) });
  const decoder = new codec.JpegLSDecoder();
  decoder.getEncodedBuffer(bytes.length).set(bytes);
  decoder.decode();
  // A copy: the buffer is the codec's own memory.
  return decoder.getDecodedBuffer().slice();
}

/** Grey values of 8 bits by the linear window of PS3.3 C.11.2.1.2.1. */
export function paint(pixels: Uint8ClampedArray, stored: Uint8Array, grey: Grey): void {
  const { slope, intercept, window, isInverted, spare, isSigned, bits } = grey;
  const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength);
  const unused = 32 - bits + spare;
  const [low, range] = [window.centre - 0.5 - (window.width - 1) / 2, Math.max(window.width - 1, 1)];
  for (let place = 0; place < grey.columns * grey.rows; place++) {
    const raw = (bits === 8 ? view.getUint8(place) : view.getUint16(place * 2, true)) << unused;
    const value = (isSigned ? raw >> unused : raw >>> unused) * slope + intercept;
    const shade = Math.min(Math.max((value - low) / range, 0), 1) * 255;
    const shown = isInverted ? 255 - shade : shade;
    pixels[place * 4] = pixels[place * 4 + 1] = pixels[place * 4 + 2] = shown;
    pixels[place * 4 + 3] = 255;
  }
}
