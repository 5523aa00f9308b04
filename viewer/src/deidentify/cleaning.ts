/** A folder on its way through the workers: every file de-identified, every study agreed upon and under receipts. */

import type { Board, Image, Study } from './board';
import { Cleaner, cleanersFor, Gone, type Listener } from './cleaner';
import type { Found } from './folder';
import type { Box } from './outbox';
import type { Cleaned } from './protocol';
import { share, telling } from './study-wide';

/** Results that the box did not take are held in memory, up to this. */
const MOST_HELD_BYTES = 1 << 30;
/** A file that still tells after this many rounds is kept back. */
const MOST_ROUNDS = 4;

export interface Outlook {
  /** Everything is under receipts. */
  finished(): void;
  broken(cannotSign: boolean): void;
}

export class Cleaning implements Listener {
  /** Whether every result lies in the box. */
  isKept: boolean;
  private readonly cleaners: Cleaner[] = [];
  private readonly bySOPInstance = new Map<string, Image>();
  private readonly suspects = new Set<Image>();
  private readonly again = new Map<Cleaner, Image[]>();
  private queue: Image[] = [];
  private next = 0;
  private heldBytes = 0;
  private rounds = 0;
  private isSettling = false;
  private isOver = false;

  constructor(
    private readonly board: Board,
    private readonly assets: string,
    private readonly secret: Uint8Array,
    private readonly box: Box | null,
    private readonly outlook: Outlook,
    first: Cleaner | null,
  ) {
    this.isKept = box !== null;
    if (first && !first.isBroken) this.hire(first);
  }

  /** Takes every file; returns when all are listed, while the work goes on. */
  async take(files: AsyncIterable<Found>): Promise<void> {
    for await (const found of files) {
      if (this.isOver) return;
      this.queue.push(this.board.add(found, found.path));
      if (this.board.images.length % 64 === 0) await nextTask();
      this.goOn();
    }
    this.board.isListed = true;
    this.goOn();
  }

  end(): void {
    this.isOver = true;
    for (const cleaner of this.cleaners.splice(0)) cleaner.end();
    for (const image of this.board.images) Object.assign(image, { found: null, cleaner: null });
  }

  ready(): void {
    this.goOn();
  }

  broken(cleaner: Cleaner): void {
    if (this.isOver) return;
    if (!cleaner.isReady) return this.outlook.broken(cleaner.cannotSign);
    this.replace(cleaner);
    this.goOn();
  }

  cleaned(number: number, result: Cleaned, cleaner: Cleaner): void {
    if (this.isOver) return;
    const image = this.board.images[number - 1]!;
    if (result.status === 'refused') this.refuse(image, result.reason);
    else if (image.study) this.keepAnew(image, result);
    else this.keep(image, result, cleaner);
    this.goOn();
  }

  private hire(cleaner: Cleaner): void {
    cleaner.listener = this;
    if (this.box) cleaner.keepIn(this.box.key);
    this.cleaners.push(cleaner);
  }

  private refuse(image: Image, reason: string): void {
    if (image.study) this.board.leave(image);
    if (image.bytes > 0) this.letGo(image);
    Object.assign(image, { found: null, cleaner: null });
    this.board.move(image, 'quarantined', reason);
  }

  private letGo(image: Image): void {
    this.heldBytes -= image.content?.size ?? 0;
    if (!image.content) void this.box?.remove(image.number);
    Object.assign(image, { content: null, bytes: 0 });
  }

  private keep(image: Image, result: Cleaned, cleaner: Cleaner): void {
    this.hold(image, result, cleaner);
    const twin = this.bySOPInstance.get(result.sopInstanceUID);
    if (twin) return this.refuseTwin(image, result, twin, cleaner);
    if (this.heldBytes > MOST_HELD_BYTES) return this.refuseForNow(image, result, cleaner);
    this.bySOPInstance.set(result.sopInstanceUID, image);
    this.board.join(image, result.studyInstanceUID, result.pseudonym);
    this.board.move(image, 'cleaned');
  }

  /** The same file, cleaned once more because of what others of its study tell. */
  private keepAnew(image: Image, result: Cleaned): void {
    this.heldBytes -= image.content?.size ?? 0;
    this.hold(image, result, image.cleaner!);
    image.hasReceipt = false;
    this.board.move(image, 'cleaned');
  }

  private hold(image: Image, { source, seriesInstanceUID, sopInstanceUID, sha256, removed, changed, bytes, content }: Cleaned, cleaner: Cleaner): void {
    Object.assign(image, { source, seriesInstanceUID, sopInstanceUID, sha256, removed, changed, bytes, content, cleaner });
    if (content) this.isKept = false;
    this.heldBytes += content?.size ?? 0;
  }

  private refuseTwin(image: Image, result: Cleaned, twin: Image, cleaner: Cleaner): void {
    if (twin.cleaner !== cleaner) this.forget(result, cleaner);
    this.refuse(image, twin.source === result.source ? 'repeated' : 'conflict');
  }

  private refuseForNow(image: Image, result: Cleaned, cleaner: Cleaner): void {
    this.forget(result, cleaner);
    this.refuse(image, 'no-room');
  }

  private forget({ studyInstanceUID, sopInstanceUID }: Cleaned, cleaner: Cleaner): void {
    // Of a worker that is gone there is nothing to forget.
    cleaner.ask({ ask: 'forget', studyInstanceUID, sopInstanceUID }).catch(ignoreGone);
  }

  private goOn(): void {
    if (this.isOver) return;
    this.board.changed();
    this.staff();
    for (const cleaner of this.cleaners) this.handOut(cleaner);
    if (!this.board.isAllCleaned || this.isSettling) return;
    this.isSettling = true;
    void this.settle().catch(ignoreGone).finally(() => {
      this.isSettling = false;
      this.goOn();
    });
  }

  private staff(): void {
    const left = this.queue.length - this.next;
    const wanted = left > 0 ? cleanersFor(left) : 0;
    while (this.cleaners.length < wanted) this.hire(new Cleaner(this.assets, this.secret, this));
  }

  private handOut(cleaner: Cleaner): void {
    while (cleaner.hasRoom) {
      const image = this.again.get(cleaner)?.shift() ?? this.queue[this.next];
      if (!image) return;
      if (image === this.queue[this.next]) this.next += 1;
      void this.open(image, cleaner);
    }
  }

  private async open(image: Image, cleaner: Cleaner): Promise<void> {
    this.board.move(image, 'reading');
    cleaner.files.add(image.number);
    try {
      const file = await image.found!.open();
      if (!cleaner.isBroken) cleaner.clean(image.number, file);
    } catch {
      // The browser says that a file is gone, or may not be read, by refusing to open it.
      if (cleaner.isBroken) return;
      cleaner.files.delete(image.number);
      this.refuse(image, 'unreadable-file');
      this.goOn();
    }
  }

  /** A worker that broke takes with it what it knew: what stands under no receipt yet is cleaned anew. */
  private replace(cleaner: Cleaner): void {
    cleaner.end();
    this.cleaners.splice(this.cleaners.indexOf(cleaner), 1);
    this.again.delete(cleaner);
    const unfinished = [...cleaner.files].map((number) => this.board.images[number - 1]!);
    const suspect = unfinished[0];
    // A file on which workers break twice is what breaks them.
    if (suspect && this.suspects.has(suspect)) this.refuse(unfinished.shift()!, 'too-large');
    else if (suspect) this.suspects.add(suspect);
    const lost = this.board.images.filter((image) => image.cleaner === cleaner && !image.hasReceipt && !unfinished.includes(image));
    this.queue = [...unfinished, ...lost, ...this.queue.slice(this.next)];
    this.next = 0;
    for (const image of [...unfinished, ...lost]) this.undo(image);
  }

  private undo(image: Image): void {
    this.bySOPInstance.delete(image.sopInstanceUID);
    if (image.study) this.board.leave(image);
    // What lies in the box already is written over.
    this.heldBytes -= image.content?.size ?? 0;
    Object.assign(image, { content: null, cleaner: null, sopInstanceUID: '', hasReceipt: false });
    this.board.move(image, 'waiting');
  }

  private async settle(): Promise<void> {
    const studies = [...this.board.studies.values()];
    let isAgain = false;
    for (const study of studies) {
      await share(study, this.cleaners);
      for (const [cleaner, uids] of await telling(study, this.cleaners)) isAgain = this.sendBack(cleaner, uids) || isAgain;
    }
    this.rounds += 1;
    if (isAgain) return;
    for (const study of studies) await this.certify(study);
    if (this.isOver || !this.board.isAllCleaned) return;
    this.isOver = true;
    this.outlook.finished();
  }

  /** Says whether there is anything to clean again. */
  private sendBack(cleaner: Cleaner, uids: string[]): boolean {
    const images = uids.flatMap((uid) => this.bySOPInstance.get(uid) ?? []).filter((image) => image.cleaner === cleaner && image.study);
    if (this.rounds >= MOST_ROUNDS) {
      for (const image of images) this.refuse(image, 'residual');
      return false;
    }
    for (const image of images) {
      image.hasReceipt = false;
      this.board.move(image, 'waiting');
    }
    this.again.set(cleaner, [...(this.again.get(cleaner) ?? []), ...images]);
    return images.length > 0;
  }

  /** What no receipt covers does not leave. */
  private async certify(study: Study): Promise<void> {
    for (const cleaner of [...this.cleaners]) {
      const receipt = await cleaner.ask({ ask: 'receipt', studyInstanceUID: study.uid });
      if (!receipt) continue;
      study.receipts.push(receipt);
      const digests = new Map(receipt.instances.map(({ sop_instance_uid, sha256 }) => [sop_instance_uid, sha256]));
      for (const image of study.images) image.hasReceipt ||= digests.get(image.sopInstanceUID) === image.sha256;
    }
    for (const image of study.images.filter(({ hasReceipt }) => !hasReceipt)) this.refuse(image, 'residual');
  }
}

/** Settling begins again once the files of a worker that is gone are cleaned anew. */
function ignoreGone(error: unknown): void {
  if (!(error instanceof Gone)) throw error;
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
