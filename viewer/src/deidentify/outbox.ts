/** What is ready to be sent, kept across a reload: de-identified results, their receipts, and how far sending came.
 *
 * A box is sealed once all of it is de-identified and under receipts. Until then its key is in the page's memory alone,
 * so what a page leaves half done can be read by nobody, and the next page removes it. */

import { boxesWithFiles, freshBoxKey, readResult, removeResult, removeResults } from './box-files';
import type { BoxKey, Receipt } from './protocol';

const DATABASE = 'firstlight-outbox';
const BOXES = 'boxes';
const SETTLED = 'settled';
const LOCK = 'firstlight-outbox ';

export interface KeptStudy {
  number: number;
  uid: string;
  pseudonym: string;
  receipts: Receipt[];
}

/** No path and no name: nothing of the original. */
export interface KeptImage {
  number: number;
  study: number;
  seriesInstanceUID: string;
  sopInstanceUID: string;
  sha256: string;
  bytes: number;
  removed: number;
  changed: number;
}

export interface Sealed {
  id: string;
  key: CryptoKey;
  attach: string;
  outbreak: string;
  /** The address of the page that sends it. */
  page: string;
  studies: KeptStudy[];
  images: KeptImage[];
}

/** What became of an image that needs no sending any more. */
export interface Settled {
  box: string;
  number: number;
  state: 'uploaded' | 'quarantined';
  reason: string;
}

export interface Left {
  sealed: Sealed;
  settled: Settled[];
}

/** A box that this page holds: no other page touches it. */
export class Box {
  private constructor(
    readonly key: BoxKey,
    private readonly release: () => void,
  ) {}

  /** A new one, null where this browser keeps nothing. */
  static async fresh(): Promise<Box | null> {
    try {
      await navigator.storage.getDirectory();
      const key = await freshBoxKey();
      const release = await held(key.id);
      return release && new Box(key, release);
    } catch {
      return null;
    }
  }

  /** One that an earlier page left, null while another page sends it. */
  static async taken({ id, key }: Sealed): Promise<Box | null> {
    const release = await held(id);
    return release && new Box({ id, key }, release);
  }

  read(number: number): Promise<ArrayBuffer> {
    return readResult(this.key, number);
  }

  remove(number: number): Promise<void> {
    return removeResult(this.key.id, number);
  }

  async seal(contents: Omit<Sealed, 'id' | 'key'>): Promise<void> {
    await written([BOXES], (store) => store(BOXES).put({ ...this.key, ...contents }));
  }

  /** Says what became of images, then removes them: after a crash in between they are only sent once more. */
  async settle(rows: Omit<Settled, 'box'>[]): Promise<void> {
    await written([SETTLED], (store) => rows.forEach((row) => store(SETTLED).put({ box: this.key.id, ...row })));
    await Promise.all(rows.map(({ number }) => this.remove(number)));
  }

  async wipe(): Promise<void> {
    await wipe(this.key.id);
    this.release();
  }
}

/** What earlier pages left to be sent; what they left half done is removed. */
export async function leftovers(): Promise<Left[]> {
  const [sealed, busy, ids] = await Promise.all([boxes(), busyBoxes(), boxesWithFiles()]);
  const known = new Set(sealed.map(({ id }) => id));
  await Promise.all(ids.filter((id) => !known.has(id) && !busy.has(id)).map((id) => removeResults(id)));
  return Promise.all(sealed.filter(({ id }) => !busy.has(id)).map(async (one) => ({ sealed: one, settled: await settledOf(one.id) })));
}

async function wipe(id: string): Promise<void> {
  await written([BOXES, SETTLED], (store) => {
    store(BOXES).delete(id);
    store(SETTLED).delete(within(id));
  });
  await removeResults(id);
}

async function boxes(): Promise<Sealed[]> {
  return answered(((await opened()).transaction(BOXES).objectStore(BOXES) as IDBObjectStore).getAll() as IDBRequest<Sealed[]>);
}

async function settledOf(id: string): Promise<Settled[]> {
  return answered((await opened()).transaction(SETTLED).objectStore(SETTLED).getAll(within(id)) as IDBRequest<Settled[]>);
}

const within = (id: string) => IDBKeyRange.bound([id], [id, []]);

async function busyBoxes(): Promise<Set<string>> {
  const { held: locks = [] } = await navigator.locks.query();
  return new Set(locks.flatMap(({ name }) => (name?.startsWith(LOCK) ? [name.slice(LOCK.length)] : [])));
}

/** Holds a box for as long as the page lives or until it is released; null while another page has it. */
function held(id: string): Promise<(() => void) | null> {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(LOCK + id, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise<void>((release) => resolve(release));
      })
      .catch(reject);
  });
}

function opened(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.addEventListener('upgradeneeded', () => {
    request.result.createObjectStore(BOXES, { keyPath: 'id' });
    request.result.createObjectStore(SETTLED, { keyPath: ['box', 'number'] });
  });
  return answered(request);
}

async function written(stores: string[], act: (store: (name: string) => IDBObjectStore) => void): Promise<void> {
  const database = await opened();
  const transaction = database.transaction(stores, 'readwrite', { durability: 'strict' });
  act((name) => transaction.objectStore(name));
  await new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve());
    transaction.addEventListener('abort', () => reject(transaction.error ?? new Error('not kept')));
  });
  database.close();
}

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('no store')));
  });
}
