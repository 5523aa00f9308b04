/** The hospital's secret key: made once in this browser, kept in it, and never sent anywhere. */

const DATABASE = 'firstlight';
const STORE = 'keys';
const NAME = 'site';
const SHORTEST_BYTES = 16;
const LONGEST_BYTES = 4096;

export interface SiteKey {
  secret: Uint8Array<ArrayBuffer>;
  /** Whether this browser keeps it until next time. */
  isKept: boolean;
}

/** The key of this browser, made on the first visit. */
export async function siteKey(): Promise<SiteKey> {
  const fresh = freshKey();
  try {
    return { secret: await keptOr(fresh), isKept: true };
  } catch {
    return { secret: fresh, isKept: false };
  }
}

/** Uses another key from now on; says whether this browser keeps it. */
export async function replaceKey(secret: Uint8Array<ArrayBuffer>): Promise<boolean> {
  try {
    await inStore((store) => store.put(secret, NAME));
    return true;
  } catch {
    return false;
  }
}

/** The key in a file, null when it cannot be one; as on the command line, one line end does not count. */
export async function keyFrom(file: File): Promise<Uint8Array<ArrayBuffer> | null> {
  if (file.size > LONGEST_BYTES) return null;
  let secret = new Uint8Array(await file.arrayBuffer());
  if (secret.at(-1) === 0x0a) secret = secret.slice(0, -1);
  if (secret.at(-1) === 0x0d) secret = secret.slice(0, -1);
  return secret.length >= SHORTEST_BYTES ? secret : null;
}

/** The key as a file that `firstlight deidentify --secret-file` reads as the same key. */
export function keyFile(secret: Uint8Array<ArrayBuffer>): Blob {
  return new Blob([secret, '\n'], { type: 'application/octet-stream' });
}

/** 32 random bytes, written in hexadecimal so that they survive as a line of text. */
function freshKey(): Uint8Array<ArrayBuffer> {
  const random = crypto.getRandomValues(new Uint8Array(32));
  return new TextEncoder().encode([...random].map((byte) => byte.toString(16).padStart(2, '0')).join(''));
}

/** One transaction, so that two pages opened at once agree on one key. */
async function keptOr(fresh: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const database = await opened();
  const store = database.transaction(STORE, 'readwrite', { durability: 'strict' }).objectStore(STORE);
  const kept = await answered<Uint8Array<ArrayBuffer> | undefined>(store.get(NAME));
  if (kept) return kept;
  await answered(store.put(fresh, NAME));
  return fresh;
}

async function inStore<T>(act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await opened();
  return answered(act(database.transaction(STORE, 'readwrite', { durability: 'strict' }).objectStore(STORE)));
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE));
  return answered(request);
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no key store')));
  });
}
