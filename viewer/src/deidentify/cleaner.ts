/** One worker as the page sees it: it takes a few files at a time, and can be made before there is work for it. */

import type { Answer, BoxKey, Cleaned, Order, Question, Replies, Reply } from './protocol';

/** One is cleaned while the next is read and the last is written. */
const FILES_AT_ONCE = 3;
/** Another worker costs a load of its own: not for a small folder. */
const FILES_FOR_TWO = 40;
const FILES_FOR_MORE = 400;
const MOST_CLEANERS = 4;

export interface Listener {
  ready(cleaner: Cleaner): void;
  cleaned(number: number, result: Cleaned, cleaner: Cleaner): void;
  broken(cleaner: Cleaner): void;
}

/** The worker that was asked is no more. */
export class Gone extends Error {}

interface Asked {
  resolve(reply: Reply): void;
  reject(gone: Gone): void;
}

export class Cleaner {
  readonly files = new Set<number>();
  isReady = false;
  isBroken = false;
  cannotSign = false;
  private readonly worker = new Worker(new URL('./cleaner-worker.ts', import.meta.url), { type: 'module' });
  private readonly asked = new Map<number, Asked>();
  private questions = 0;

  constructor(
    assets: string,
    secret: Uint8Array,
    public listener: Listener | null,
  ) {
    this.worker.addEventListener('message', ({ data }: MessageEvent<Answer>) => this.hear(data));
    this.worker.addEventListener('error', () => this.breakDown());
    this.order({ kind: 'open', assets, secret });
  }

  get hasRoom(): boolean {
    return this.isReady && this.files.size < FILES_AT_ONCE;
  }

  /** From now on results go into the box. */
  keepIn(box: BoxKey): void {
    this.order({ kind: 'box', box });
  }

  clean(number: number, file: File): void {
    this.files.add(number);
    this.order({ kind: 'clean', number, file });
  }

  ask<Q extends Question>(question: Q): Promise<Replies[Q['ask']]> {
    return new Promise((resolve, reject) => {
      const id = (this.questions += 1);
      this.asked.set(id, { resolve: resolve as (reply: Reply) => void, reject });
      this.order({ kind: 'question', id, question });
    });
  }

  end(): void {
    this.worker.terminate();
    for (const { reject } of this.asked.values()) reject(new Gone());
    this.asked.clear();
  }

  private breakDown(): void {
    this.isBroken = true;
    this.listener?.broken(this);
  }

  private order(order: Order): void {
    this.worker.postMessage(order);
  }

  private hear(answer: Answer): void {
    if (answer.kind === 'broken') {
      this.cannotSign = answer.cannotSign;
      this.breakDown();
    } else if (answer.kind === 'ready') {
      this.isReady = true;
      this.listener?.ready(this);
    } else if (answer.kind === 'reply') {
      this.asked.get(answer.id)?.resolve(answer.reply);
      this.asked.delete(answer.id);
    } else {
      this.files.delete(answer.number);
      this.listener?.cleaned(answer.number, answer.result, this);
    }
  }
}

/** How many workers a machine and a folder are worth; each takes about 150 MB. */
export function cleanersFor(files: number): number {
  const memoryGB = (navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? 4;
  const most = memoryGB <= 2 ? 1 : memoryGB <= 4 ? 2 : MOST_CLEANERS;
  const worth = files < FILES_FOR_TWO ? 1 : files < FILES_FOR_MORE ? 2 : MOST_CLEANERS;
  return Math.min(most, worth, Math.max(2, navigator.hardwareConcurrency - 1));
}
