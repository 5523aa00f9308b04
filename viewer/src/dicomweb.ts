/** WADO-RS over fetch: series metadata and single frames, abortable and retried (PS3.18 section 10.4). */

import { line } from './line';
import type { SeriesEntry } from './page';

export interface DicomElement {
  vr: string;
  Value?: unknown[];
  BulkDataURI?: string;
  InlineBinary?: string;
}
export type Instance = Record<string, DicomElement | undefined>;

export interface Frame {
  bytes: Uint8Array;
  transferSyntax: string;
}

export interface FetchOptions {
  signal?: AbortSignal;
  priority?: 'high' | 'low' | 'auto';
}

const AS_STORED = 'multipart/related; type="application/octet-stream"; transfer-syntax=*';
/** Lossless JPEG-LS first: a third of the bytes, and twenty milliseconds to unpack. */
const PACKED = `multipart/related; type="image/jls"; transfer-syntax=1.2.840.10008.1.2.4.80, ${AS_STORED}; q=0.5`;
/** On a line faster than this, unpacking takes longer than the bytes saved. */
const FAST_BYTES_PER_SECOND = 12e6;
const EXPLICIT_LITTLE_ENDIAN = '1.2.840.10008.1.2.1';
const PAUSES_BEFORE_RETRY_MS = [300, 1200];

/** Transfer syntax a frame has when its part names only a media type (PS3.18 table 8.7.3-5). */
const DEFAULT_SYNTAX: Record<string, string> = {
  'image/jpeg': '1.2.840.10008.1.2.4.70',
  'image/dicom-rle': '1.2.840.10008.1.2.5',
  'image/jls': '1.2.840.10008.1.2.4.80',
  'image/jp2': '1.2.840.10008.1.2.4.90',
  'image/jphc': '1.2.840.10008.1.2.4.201',
};

export function seriesUrl(dicomWeb: string, entry: SeriesEntry): string {
  return `${dicomWeb}/studies/${entry.studyInstanceUID}/series/${entry.seriesInstanceUID}`;
}

export function frameUrl(dicomWeb: string, entry: SeriesEntry, sopInstanceUID: string, frame: number): string {
  return `${seriesUrl(dicomWeb, entry)}/instances/${sopInstanceUID}/frames/${frame}`;
}

export async function fetchMetadata(dicomWeb: string, entry: SeriesEntry, options: FetchOptions = {}): Promise<Instance[]> {
  const url = `${seriesUrl(dicomWeb, entry)}/metadata`;
  const response = await request(url, 'application/dicom+json', options);
  return (await response.json()) as Instance[];
}

/** Fetches one frame; two more attempts follow a failure, none an abort. */
export async function fetchFrame(url: string, options: FetchOptions = {}): Promise<Frame> {
  for (const pause of PAUSES_BEFORE_RETRY_MS) {
    try {
      return await fetchFrameOnce(url, options);
    } catch (error) {
      if (options.signal?.aborted) throw error;
      await delay(pause, options.signal);
    }
  }
  return fetchFrameOnce(url, options);
}

async function fetchFrameOnce(url: string, options: FetchOptions): Promise<Frame> {
  const response = await request(url, frameTypes(line.bytesPerSecond()), options);
  const contentType = response.headers.get('Content-Type') ?? '';
  return readFrame(contentType, new Uint8Array(await response.arrayBuffer()));
}

/** What is asked for on a line of that speed; one that nobody has measured yet counts as slow. */
export function frameTypes(bytesPerSecond: number | null): string {
  return (bytesPerSecond ?? 0) > FAST_BYTES_PER_SECOND ? AS_STORED : PACKED;
}

async function request(url: string, accept: string, options: FetchOptions): Promise<Response> {
  const response = await fetch(url, { headers: { Accept: accept }, credentials: 'same-origin', ...options });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response;
}

/** Takes the first part out of a multipart/related body, or the body itself when it is not multipart. */
export function readFrame(contentType: string, body: Uint8Array): Frame {
  if (!/^multipart\//i.test(contentType)) return { bytes: body, transferSyntax: transferSyntaxOf(contentType) };
  const headEnd = indexOfText(body, '\r\n\r\n', 0);
  if (headEnd < 0) throw new Error('multipart answer without a part');
  const head = asText(body.subarray(0, headEnd));
  const boundary = /--[^\r\n]+/.exec(head)?.[0] ?? '';
  const end = lastIndexOfText(body, `\r\n${boundary}`);
  if (end <= headEnd) throw new Error('multipart answer was cut short');
  const partType = /^content-type:(.*)$/im.exec(head)?.[1] ?? '';
  return { bytes: body.slice(headEnd + 4, end), transferSyntax: transferSyntaxOf(partType) };
}

export function transferSyntaxOf(contentType: string): string {
  const named = /transfer-syntax="?([0-9.]+)"?/i.exec(contentType)?.[1];
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return named ?? DEFAULT_SYNTAX[mediaType] ?? EXPLICIT_LITTLE_ENDIAN;
}

function asText(bytes: Uint8Array): string {
  return new TextDecoder('latin1').decode(bytes);
}

function indexOfText(bytes: Uint8Array, text: string, from: number): number {
  for (let at = from; at <= bytes.length - text.length; at++) if (matchesAt(bytes, text, at)) return at;
  return -1;
}

function lastIndexOfText(bytes: Uint8Array, text: string): number {
  for (let at = bytes.length - text.length; at >= 0; at--) if (matchesAt(bytes, text, at)) return at;
  return -1;
}

function matchesAt(bytes: Uint8Array, text: string, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[at + i] !== text.charCodeAt(i)) return false;
  return true;
}

function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
