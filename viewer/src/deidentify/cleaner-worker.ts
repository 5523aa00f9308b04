/** De-identifies files off the main thread: the site's own Python, run by Pyodide. */

import type { PyodideAPI } from 'pyodide';
import type { PyBuffer, PyCallable, PyDict } from 'pyodide/ffi';
import type { Answer, Cleaned, Order, Receipt } from './protocol';
import { CannotSign, signerOf, type Signer } from './signing';

interface Contribution {
  clean(data: unknown): PyDict;
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
/** Larger files show that they are DICOM before they are read whole. */
const PROBED_BYTES = 16 << 20;

let python: Python | null = null;
let tail: Promise<void> = Promise.resolve();

addEventListener('message', ({ data }: MessageEvent<Order>) => {
  // The next file is read while this one is still being cleaned.
  const content = data.kind === 'clean' ? read(data.file) : null;
  tail = tail.then(() => obey(data, content)).catch((error: unknown) => say({ kind: 'broken', cannotSign: error instanceof CannotSign }));
});

function say(answer: Answer): void {
  postMessage(answer);
}

async function obey(order: Order, content: Promise<ArrayBuffer | string> | null): Promise<void> {
  if (order.kind === 'open') {
    python = await start(order.assets, order.secret);
    say({ kind: 'ready' });
  } else if (order.kind === 'clean') {
    say({ kind: 'cleaned', number: order.number, result: clean(await content!) });
  } else {
    say({ kind: 'receipt', studyInstanceUID: order.studyInstanceUID, receipt: await signedReceipt(order.studyInstanceUID, python!) });
  }
}

async function signedReceipt(studyInstanceUID: string, { contribution, signer }: Python): Promise<Receipt | null> {
  const text = contribution.receipt(studyInstanceUID, signer.signedBy);
  return text ? { ...(JSON.parse(text) as Receipt), signature: await signer.sign(text) } : null;
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
  const seed = contribution.signing_seed();
  const signer = await signerOf(seed.toJs() as Uint8Array<ArrayBuffer>);
  seed.destroy();
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

function clean(content: ArrayBuffer | string): Cleaned {
  if (typeof content === 'string') return refusal(content);
  const { contribution, bytes } = python!;
  const data = bytes(new Uint8Array(content));
  const outcome = contribution.clean(data);
  const result = outcome.toJs({ dict_converter: Object.fromEntries }) as Outcome;
  outcome.destroy();
  data.destroy?.();
  return {
    status: result.status,
    reason: result.reason,
    studyInstanceUID: result.study_instance_uid,
    sopInstanceUID: result.sop_instance_uid,
    sha256: result.sha256,
    removed: result.removed,
    changed: result.changed,
    // A Blob lives outside the page's memory, and the browser moves it to disk when there are many.
    content: result.content ? new Blob([result.content], { type: 'application/dicom' }) : null,
  };
}

interface Outcome {
  status: 'done' | 'refused';
  reason: string;
  study_instance_uid: string;
  sop_instance_uid: string;
  sha256: string;
  removed: number;
  changed: number;
  content: Uint8Array<ArrayBuffer> | undefined;
}

function refusal(reason: string): Cleaned {
  return { status: 'refused', reason, studyInstanceUID: '', sopInstanceUID: '', sha256: '', removed: 0, changed: 0, content: null };
}
