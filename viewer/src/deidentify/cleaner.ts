/** One worker as the page sees it: it takes a few files at a time, and can be made before there is work for it. */

import type { Answer, Cleaned, Order, Receipt } from './protocol';

/** One file is cleaned while the next one is read. */
const FILES_AT_ONCE = 2;
/** A second worker costs a load of its own: not for a small folder, not on a small machine. */
const FILES_FOR_TWO = 60;

export interface Listener {
  ready(cleaner: Cleaner): void;
  cleaned(number: number, result: Cleaned, cleaner: Cleaner): void;
  broken(cleaner: Cleaner): void;
}

export class Cleaner {
  readonly files = new Set<number>();
  isReady = false;
  isBroken = false;
  cannotSign = false;
  private readonly worker = new Worker(new URL('./cleaner-worker.ts', import.meta.url), { type: 'module' });
  private readonly receipts = new Map<string, ((receipt: Receipt | null) => void)[]>();

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

  clean(number: number, file: File): void {
    this.files.add(number);
    this.order({ kind: 'clean', number, file });
  }

  /** The receipt of what this worker cleaned of a study since the last one, null where that is nothing. */
  receipt(studyInstanceUID: string): Promise<Receipt | null> {
    return new Promise((resolve) => {
      this.receipts.set(studyInstanceUID, [...(this.receipts.get(studyInstanceUID) ?? []), resolve]);
      this.order({ kind: 'receipt', studyInstanceUID });
    });
  }

  /** Ends the worker; whoever waits for a receipt gets none. */
  end(): void {
    this.worker.terminate();
    for (const resolve of [...this.receipts.values()].flat()) resolve(null);
    this.receipts.clear();
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
      return this.breakDown();
    }
    if (answer.kind === 'ready') {
      this.isReady = true;
      return this.listener?.ready(this);
    }
    if (answer.kind === 'receipt') return this.receipts.get(answer.studyInstanceUID)?.shift()?.(answer.receipt);
    this.files.delete(answer.number);
    this.listener?.cleaned(answer.number, answer.result, this);
  }
}

/** How many workers a machine and a folder are worth. */
export function cleanersFor(files: number): number {
  const memoryGB = (navigator as Navigator & { deviceMemory?: number }).deviceMemory ?? 8;
  return files >= FILES_FOR_TWO && navigator.hardwareConcurrency >= 4 && memoryGB >= 4 ? 2 : 1;
}
