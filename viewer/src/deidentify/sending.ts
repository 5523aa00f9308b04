/** The three requests that leave the browser: receipts, de-identified instances, and which record they belong to. */

import type { Receipt } from './protocol';

export interface Destination {
  attach: string;
  outbreak: string;
  csrf: string;
}

export interface Sized {
  bytes: number;
}

export interface Sendable {
  sopInstanceUID: string;
  content: Blob;
}

/** What the server made of a batch: instances it stored, and those it held with its reason. */
export interface Stored {
  stored: Set<string>;
  held: Map<string, string>;
}

/** A request that has to be given up; `reason` is a code of `reasons.ts`. */
export class NotSent extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

const PAUSES_S = [1, 2, 4, 8, 15, 30];
const MOST_FILES = 16;
const MOST_BYTES = 24 << 20;
const PASSING = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Told when the server has to be asked again, and when it answers again. */
export type OnWait = (isWaiting: boolean) => void;

export async function sendReceipt(receipt: Receipt, to: Destination, signal: AbortSignal, onWait: OnWait): Promise<void> {
  await post('/api/receipts', JSON.stringify(receipt), 'application/json', to, signal, onWait, [201, 200]);
}

export async function sendInstances(batch: Sendable[], to: Destination, signal: AbortSignal, onWait: OnWait): Promise<Stored> {
  const boundary = `firstlight-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16)).join('')}`;
  const query = to.outbreak ? `?outbreak=${encodeURIComponent(to.outbreak)}` : '';
  const type = `multipart/related; type="application/dicom"; boundary=${boundary}`;
  // 409 is the answer where every instance of a batch was held.
  const answer = await post(`/dicom-web/studies${query}`, multipart(batch, boundary), type, to, signal, onWait, [200, 202, 409]);
  return understood((await answer.json()) as StoreAnswer);
}

export async function addToRecord(studyInstanceUIDs: string[], to: Destination, signal: AbortSignal, onWait: OnWait): Promise<void> {
  const body = JSON.stringify({ study_instance_uids: studyInstanceUIDs });
  await post(to.attach, body, 'application/json', to, signal, onWait, [200, 201]);
}

/** Batches that a server takes at once. */
export function batched<T extends Sized>(all: T[]): T[][] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const one of all) {
    const last = batches.at(-1);
    bytes += one.bytes;
    if (last && last.length < MOST_FILES && bytes <= MOST_BYTES) last.push(one);
    else {
      batches.push([one]);
      bytes = one.bytes;
    }
  }
  return batches;
}

function multipart(batch: Sendable[], boundary: string): Blob {
  const head = `--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`;
  return new Blob([...batch.flatMap(({ content }) => [head, content, '\r\n']), `--${boundary}--\r\n`]);
}

async function post(
  url: string,
  body: BodyInit,
  type: string,
  to: Destination,
  signal: AbortSignal,
  onWait: OnWait,
  good: number[],
): Promise<Response> {
  for (let attempt = 0; ; attempt += 1) {
    const headers = { 'Content-Type': type, 'X-CSRFToken': csrfToken(to), Accept: 'application/json, application/dicom+json' };
    const answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(() => null);
    signal.throwIfAborted();
    if (answer && good.includes(answer.status)) {
      if (attempt > 0) onWait(false);
      return answer;
    }
    if (answer && !PASSING.has(answer.status)) throw new NotSent(refusedBecause(answer));
    const seconds = PAUSES_S[attempt];
    if (seconds === undefined) throw new NotSent(answer ? 'server-busy' : 'no-connection');
    onWait(true);
    await waited(seconds, signal);
  }
}

/** The cookie's token where it can be read: after signing in again elsewhere, the page's own one is stale. */
function csrfToken(to: Destination): string {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? to.csrf;
}

function refusedBecause(answer: Response): string {
  if (answer.status === 401 || answer.type === 'opaqueredirect') return 'signed-out';
  if (answer.status === 403) return 'not-allowed';
  return answer.status === 422 ? 'receipt-refused' : 'server-refused';
}

/** Waits, but no longer than until the connection is back. */
function waited(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = new AbortController();
    const timer = setTimeout(finish, seconds * 1000);
    function finish(): void {
      clearTimeout(timer);
      done.abort();
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    }
    addEventListener('online', finish, { signal: done.signal });
    signal.addEventListener('abort', finish, { signal: done.signal });
  });
}

interface StoreItem {
  '00081155'?: { Value?: string[] };
  '00000902'?: { Value?: string[] };
}
interface StoreAnswer {
  '00081199'?: { Value?: StoreItem[] };
  '00081198'?: { Value?: StoreItem[] };
}

/** Reads the Store Instances Response, PS3.18 table 10.5.3-1. */
function understood(answer: StoreAnswer): Stored {
  const uid = (item: StoreItem) => item['00081155']?.Value?.[0] ?? '';
  return {
    stored: new Set((answer['00081199']?.Value ?? []).map(uid)),
    held: new Map((answer['00081198']?.Value ?? []).map((item) => [uid(item), item['00000902']?.Value?.[0] ?? 'server-held'])),
  };
}
