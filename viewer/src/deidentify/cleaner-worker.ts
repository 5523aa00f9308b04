/** De-identifies files off the main thread: the site's own Python, run by Pyodide. */

import type { PyodideAPI } from 'pyodide';
import type { PyBuffer, PyCallable, PyDict, PyProxy } from 'pyodide/ffi';
import { writeResult } from './box-files';
import type { Answer, BoxKey, Cleaned, Order, Question, Receipt, Reply } from './protocol';
import { CannotSign, signerOf, type Signer } from './signing';

interface Contribution {
  clean(data: unknown): PyDict;
  gathered(studyInstanceUID: string): PyBuffer;
  learn(studyInstanceUID: string, gathered: unknown): void;
  to_clean_again(studyInstanceUID: string): PyProxy & { toJs(): string[] };
  forget(studyInstanceUID: string, sopInstanceUID: string): void;
  signing_seed(): PyBuffer;
  /** The text that is signed, "" where there is nothing. */
  receipt(studyInstanceUID: string, signedBy: string): string;
}
interface Python {
  contribution: Contribution;
  bytes: PyCallable;
  signer: Signer;
}

/** WebAssembly holds a file twice; beyond this it would not fit. */
const MOST_BYTES = 1 << 30;
/** Larger files show that they are DICOM before they are read whole, and are read only when it is their turn. */
const PROBED_BYTES = 16 << 20;

let python: Python | null = null;
let box: BoxKey | null = null;
let tail: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  // The next file is read while this one is still being cleaned.
  const content = data.kind === 'clean' && data.file.size <= PROBED_BYTES ? read(data.file) : null;
  tail = tail.then(() => obey(data, content)).catch((error: unknown) => say({ kind: 'broken', cannotSign: error instanceof CannotSign }));
});

function say(answer: Answer): void {
  postMessage(answer);
}

async function obey(order: Order, content: Promise<ArrayBuffer | string> | null): Promise<void> {
  if (order.kind === 'open') {
    python = await start(order.assets, order.secret);
    say({ kind: 'ready' });
  } else if (order.kind === 'box') box = order.box;
  else if (order.kind === 'question') say({ kind: 'reply', id: order.id, reply: await replied(order.question, python!) });
  else await hand(order.number, await (content ?? read(order.file)));
}

/** Small results are written while the next file is already being cleaned. */
async function hand(number: number, content: ArrayBuffer | string): Promise<void> {
  const { result, cleaned } = clean(content);
  const written = put(number, cleaned).then((left) => say({ kind: 'cleaned', number, result: { ...result, content: left } }));
  if (result.bytes > PROBED_BYTES) await written;
}

/** Into the box; what it does not take stays in hand. */
async function put(number: number, cleaned: Uint8Array<ArrayBuffer> | null): Promise<Blob | null> {
  if (!cleaned) return null;
  try {
    if (!box) throw new Error('no box');
    await writeResult(box, number, cleaned);
    return null;
  } catch {
    // A private window has no file system, and a disk may be full. A Blob lives outside the page's memory.
    return new Blob([cleaned], { type: 'application/dicom' });
  }
}

async function replied(question: Question, { contribution, bytes, signer }: Python): Promise<Reply> {
  const study = question.studyInstanceUID;
  if (question.ask === 'gathered') return taken(contribution.gathered(study));
  if (question.ask === 'toCleanAgain') return taken(contribution.to_clean_again(study));
  if (question.ask === 'forget') contribution.forget(study, question.sopInstanceUID);
  if (question.ask === 'learn') contribution.learn(study, bytes(question.gathered));
  return question.ask === 'receipt' ? signedReceipt(study, contribution, signer) : null;
}

async function signedReceipt(studyInstanceUID: string, contribution: Contribution, signer: Signer): Promise<Receipt | null> {
  const text = contribution.receipt(studyInstanceUID, signer.signedBy);
  return text ? { ...(JSON.parse(text) as Receipt), signature: await signer.sign(text) } : null;
}

/** A Python value as JavaScript has it; Python's own is let go. */
function taken<T>(proxy: PyProxy & { toJs(): T }): T {
  const value = proxy.toJs();
  proxy.destroy();
  return value;
}

async function start(assets: string, secret: Uint8Array): Promise<Python> {
  const runtime = new URL('pyodide/', assets).href;
  const [{ loadPyodide }, archive] = await Promise.all([
    import(/* @vite-ignore */ `${runtime}pyodide.mjs`) as Promise<typeof import('pyodide')>,
    fetch(new URL('firstlight-dicom.zip', assets)).then((answer) => answer.arrayBuffer()),
  ]);
  const pyodide: PyodideAPI = await loadPyodide({ indexURL: runtime });
  pyodide.unpackArchive(archive, 'zip');
  const bytes = pyodide.runPython('lambda data: data.to_bytes()') as PyCallable;
  const make = pyodide.pyimport('firstlight.dicom.contribution').Contribution as (secret: unknown) => Contribution;
  const contribution = make(bytes(secret));
  const signer = await signerOf(taken(contribution.signing_seed() as PyBuffer & { toJs(): Uint8Array<ArrayBuffer> }));
  return { contribution, bytes, signer };
}

/** A file's content, or the reason why it cannot be had. */
async function read(file: File): Promise<ArrayBuffer | string> {
  try {
    if (file.size > PROBED_BYTES && !(await isDicom(file))) return 'not-dicom';
    return file.size > MOST_BYTES ? 'too-large' : await file.arrayBuffer();
  } catch {
    return 'unreadable-file';
  }
}

async function isDicom(file: File): Promise<boolean> {
  return (await file.slice(128, 132).text()) === 'DICM';
}

interface Outcome {
  status: 'done' | 'refused';
  reason: string;
  source: string;
  pseudonym: string;
  study_instance_uid: string;
  series_instance_uid: string;
  sop_instance_uid: string;
  sha256: string;
  removed: number;
  changed: number;
  content: Uint8Array<ArrayBuffer> | undefined;
}
interface Handed {
  result: Cleaned;
  cleaned: Uint8Array<ArrayBuffer> | null;
}

function clean(content: ArrayBuffer | string): Handed {
  if (typeof content === 'string') return { result: refusal(content), cleaned: null };
  const { contribution, bytes } = python!;
  const data = bytes(new Uint8Array(content));
  const outcome = contribution.clean(data);
  const result = outcome.toJs({ dict_converter: Object.fromEntries }) as Outcome;
  outcome.destroy();
  data.destroy?.();
  const cleaned = result.content ?? null;
  return { result: described(result, cleaned?.byteLength ?? 0), cleaned };
}

function described(outcome: Outcome, bytes: number): Cleaned {
  return {
    status: outcome.status,
    reason: outcome.reason,
    source: outcome.source,
    pseudonym: outcome.pseudonym,
    studyInstanceUID: outcome.study_instance_uid,
    seriesInstanceUID: outcome.series_instance_uid,
    sopInstanceUID: outcome.sop_instance_uid,
    sha256: outcome.sha256,
    removed: outcome.removed,
    changed: outcome.changed,
    bytes,
    content: null,
  };
}

function refusal(reason: string): Cleaned {
  const empty = { source: '', pseudonym: '', studyInstanceUID: '', seriesInstanceUID: '', sopInstanceUID: '', sha256: '' };
  return { status: 'refused', reason, ...empty, removed: 0, changed: 0, bytes: 0, content: null };
}
