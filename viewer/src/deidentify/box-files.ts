/** De-identified results in the browser's own file system, each locked with a key that a half-done contribution never keeps. */

import type { BoxKey } from './protocol';

const FOLDER = 'firstlight-outbox';
const CIPHER = 'AES-GCM';
/** NIST SP 800-38D: 96 random bits stand before each result. */
const IV_BYTES = 12;

interface SyncAccessHandle {
  write(content: Uint8Array<ArrayBuffer>, options?: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}
type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

export async function freshBoxKey(): Promise<BoxKey> {
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return { id, key: await crypto.subtle.generateKey({ name: CIPHER, length: 256 }, false, ['encrypt', 'decrypt']) };
}

/** Only a worker may write. */
export async function writeResult({ id, key }: BoxKey, number: number, content: Uint8Array<ArrayBuffer>): Promise<void> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const [locked, folder] = await Promise.all([crypto.subtle.encrypt({ name: CIPHER, iv }, key, content), folderOf(id, true)]);
  const file = (await folder.getFileHandle(String(number), { create: true })) as WritableHandle;
  const handle = await file.createSyncAccessHandle();
  try {
    handle.truncate(0);
    // A full disk writes less than it was given.
    const written = handle.write(iv, { at: 0 }) + handle.write(new Uint8Array(locked), { at: IV_BYTES });
    if (written !== IV_BYTES + locked.byteLength) throw new DOMException('full', 'QuotaExceededError');
  } finally {
    handle.close();
  }
}

/** The result as it was written; whatever is not that, or is gone, is an error. */
export async function readResult({ id, key }: BoxKey, number: number): Promise<ArrayBuffer> {
  const file = await (await (await folderOf(id, false)).getFileHandle(String(number))).getFile();
  const locked = new Uint8Array(await file.arrayBuffer());
  return crypto.subtle.decrypt({ name: CIPHER, iv: locked.slice(0, IV_BYTES) }, key, locked.subarray(IV_BYTES));
}

export async function removeResult(id: string, number: number): Promise<void> {
  await ignoringWhatIsGone(folderOf(id, false).then((folder) => folder.removeEntry(String(number))));
}

export async function removeResults(id: string): Promise<void> {
  await ignoringWhatIsGone(root(false).then((all) => all.removeEntry(id, { recursive: true })));
}

/** The boxes that there are files of. */
export async function boxesWithFiles(): Promise<string[]> {
  const ids: string[] = [];
  const all = await root(false).catch(() => null);
  if (all) for await (const id of (all as FileSystemDirectoryHandle & { keys(): AsyncIterable<string> }).keys()) ids.push(id);
  return ids;
}

async function root(create: boolean): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create });
}

async function folderOf(id: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  return (await root(create)).getDirectoryHandle(id, { create });
}

async function ignoringWhatIsGone(removal: Promise<void>): Promise<void> {
  await removal.catch((error: unknown) => {
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  });
}
