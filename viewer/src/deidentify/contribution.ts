/** A folder on its way into the depository: cleaned file by file, sent study by study, never more in hand than fits. */

import { Cleaner, cleanersFor, type Listener } from './cleaner';
import type { Found } from './folder';
import type { Cleaned, Receipt, ReceiptRow } from './protocol';
import { addToRecord, batched, NotSent, sendInstances, sendReceipt, type Destination } from './sending';

export type State = 'waiting' | 'reading' | 'cleaned' | 'uploading' | 'uploaded' | 'quarantined' | 'failed';

/** Where the whole of it stands; `stuck` means that what is left needs a person to say "try again". */
export type Phase = 'running' | 'paused' | 'adding' | 'stuck' | 'done' | 'stopped' | 'broken';

export interface Image {
  number: number;
  path: string;
  found: Found | null;
  state: State;
  reason: string;
  removed: number;
  changed: number;
  study: Study | null;
  sopInstanceUID: string;
  sha256: string;
  content: Blob | null;
  cleaner: Cleaner | null;
}

export interface Study {
  number: number;
  uid: string;
  images: Image[];
  actions: Map<string, ReceiptRow>;
}

interface Shipment {
  receipt: Receipt;
  isReceived: boolean;
  images: Image[];
}

/** Cleaned files in hand beyond this are sent before more are cleaned. */
const MOST_HELD_BYTES = 256 << 20;
/** A study after which this many files of other studies have come is taken for whole. */
const FILES_AFTER_A_STUDY = 12;

export class Contribution implements Listener {
  readonly images: Image[] = [];
  readonly studies = new Map<string, Study>();
  readonly counts: Record<State, number> = { waiting: 0, reading: 0, cleaned: 0, uploading: 0, uploaded: 0, quarantined: 0, failed: 0 };
  phase: Phase = 'running';
  isListed = false;
  /** Whether the server did not answer and is being asked again. */
  isWaiting = false;
  /** Whether this browser cannot sign receipts, without which nothing is sent. */
  cannotSign = false;
  /** Why adding to the record failed, "" where it did not. */
  addingFailed = '';

  private readonly bySOPInstance = new Map<string, Image>();
  private readonly cleaners: Cleaner[] = [];
  private readonly shipments: Shipment[] = [];
  private readonly lostShipments: Shipment[] = [];
  private readonly suspects = new Set<Image>();
  private readonly leftAt = new Map<Study, number>();
  private readonly stopping = new AbortController();
  private queue: Image[] = [];
  private heldBytes = 0;
  private handled = 0;
  private isSending = false;
  private receiptsAwaited = 0;

  constructor(
    private readonly assets: string,
    private readonly secret: Uint8Array,
    private readonly to: Destination,
    first: Cleaner | null,
    private readonly changed: () => void,
  ) {
    if (!first || first.isBroken) return;
    first.listener = this;
    this.cleaners.push(first);
  }

  /** Takes every file; returns when all are listed, while the work goes on. */
  async take(files: AsyncIterable<Found>): Promise<void> {
    for await (const found of files) {
      if (this.isOver) return;
      this.queue.push(this.listed(found));
      if (this.images.length % 64 === 0) await nextTask();
      this.goOn();
    }
    this.isListed = true;
    this.goOn();
  }

  pause(): void {
    if (this.phase === 'running') this.enter('paused');
  }

  /** Goes on after a pause, and tries again whatever could not be sent. */
  resume(): void {
    if (this.isOver) return;
    for (const shipment of this.lostShipments.splice(0)) {
      for (const image of shipment.images) if (image.state === 'failed') this.move(image, 'cleaned');
      this.shipments.push(shipment);
    }
    this.addingFailed = '';
    this.enter('running');
    this.goOn();
  }

  /** Ends it for good; what is stored stays stored, and nothing is added to the record. */
  stop(): void {
    if (this.isOver) return;
    this.stopping.abort(new DOMException('stopped', 'AbortError'));
    this.end('stopped');
  }

  get isOver(): boolean {
    return this.phase === 'done' || this.phase === 'stopped' || this.phase === 'broken';
  }

  ready(): void {
    this.goOn();
  }

  broken(cleaner: Cleaner): void {
    if (this.isOver) return;
    this.cannotSign = cleaner.cannotSign;
    if (!cleaner.isReady) return this.end('broken');
    this.replace(cleaner);
    this.goOn();
  }

  cleaned(number: number, result: Cleaned, cleaner: Cleaner): void {
    if (this.isOver) return;
    const image = this.images[number - 1]!;
    if (result.status === 'done') this.keep(image, result, cleaner);
    else this.refuse(image, result.reason);
    this.handled += 1;
    this.goOn();
  }

  private listed(found: Found): Image {
    const image: Image = {
      number: this.images.length + 1,
      path: found.path,
      found,
      state: 'waiting',
      reason: '',
      removed: 0,
      changed: 0,
      study: null,
      sopInstanceUID: '',
      sha256: '',
      content: null,
      cleaner: null,
    };
    this.images.push(image);
    this.counts.waiting += 1;
    return image;
  }

  private move(image: Image, state: State, reason = ''): void {
    this.counts[image.state] -= 1;
    this.counts[state] += 1;
    image.state = state;
    image.reason = reason;
    this.changed();
  }

  private refuse(image: Image, reason: string): void {
    this.drop(image);
    this.move(image, 'quarantined', reason);
  }

  private join(image: Image, uid: string): void {
    let study = this.studies.get(uid);
    if (!study) {
      study = { number: this.studies.size + 1, uid, images: [], actions: new Map() };
      this.studies.set(uid, study);
    }
    image.study = study;
    study.images.push(image);
    this.leftAt.set(study, this.handled);
  }

  private keep(image: Image, result: Cleaned, cleaner: Cleaner): void {
    const { sopInstanceUID, sha256, removed, changed, content } = result;
    Object.assign(image, { sopInstanceUID, sha256, removed, changed });
    const twin = this.bySOPInstance.get(sopInstanceUID);
    if (twin) return this.refuse(image, twin.sha256 === sha256 ? 'repeated' : 'conflict');
    this.bySOPInstance.set(sopInstanceUID, image);
    this.join(image, result.studyInstanceUID);
    Object.assign(image, { content, cleaner });
    this.heldBytes += content?.size ?? 0;
    this.move(image, 'cleaned');
  }

  private drop(image: Image): void {
    this.heldBytes -= image.content?.size ?? 0;
    Object.assign(image, { content: null, cleaner: null, found: null });
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.changed();
  }

  private end(phase: 'done' | 'stopped' | 'broken'): void {
    for (const cleaner of this.cleaners.splice(0)) cleaner.end();
    for (const image of this.images) this.drop(image);
    this.enter(phase);
  }

  private goOn(): void {
    this.changed();
    if (this.phase !== 'running') return;
    this.staff();
    this.handOut();
    this.parcel();
    void this.send();
    this.finish();
  }

  private staff(): void {
    const wanted = cleanersFor(this.queue.length);
    while (this.cleaners.length < wanted) this.cleaners.push(new Cleaner(this.assets, this.secret, this));
  }

  private handOut(): void {
    for (const cleaner of this.cleaners) {
      while (cleaner.hasRoom && this.queue.length > 0 && this.heldBytes < MOST_HELD_BYTES) {
        void this.open(this.queue.shift()!, cleaner);
      }
    }
  }

  private async open(image: Image, cleaner: Cleaner): Promise<void> {
    this.move(image, 'reading');
    cleaner.files.add(image.number);
    try {
      cleaner.clean(image.number, await image.found!.open());
    } catch {
      cleaner.files.delete(image.number);
      this.refuse(image, 'unreadable-file');
      this.goOn();
    }
  }

  /** A worker that broke takes the receipts of what it cleaned with it: that is cleaned anew. */
  private replace(cleaner: Cleaner): void {
    const unfinished = [...cleaner.files].map((number) => this.images[number - 1]!);
    const suspect = unfinished[0];
    // A file on which workers break twice is what breaks them.
    if (suspect && this.suspects.has(suspect)) this.refuse(unfinished.shift()!, 'too-large');
    else if (suspect) this.suspects.add(suspect);
    const lost = this.images.filter((image) => image.cleaner === cleaner && image.state === 'cleaned' && !this.isParcelled(image));
    for (const image of lost) {
      this.bySOPInstance.delete(image.sopInstanceUID);
      image.study?.images.splice(image.study.images.indexOf(image), 1);
      this.heldBytes -= image.content?.size ?? 0;
      image.content = null;
    }
    const again = [...unfinished, ...lost];
    for (const image of again) this.move(image, 'waiting');
    this.queue.unshift(...again);
    cleaner.end();
    this.cleaners.splice(this.cleaners.indexOf(cleaner), 1);
  }

  private isParcelled(image: Image): boolean {
    return [...this.shipments, ...this.lostShipments].some(({ images }) => images.includes(image));
  }

  private get isAllCleaned(): boolean {
    return this.isListed && this.counts.waiting === 0 && this.counts.reading === 0;
  }

  /** Studies that are whole, or all of them when too much is in hand, go under receipts and into shipments. */
  private parcel(): void {
    const isFull = this.heldBytes >= MOST_HELD_BYTES;
    for (const [study, leftAt] of this.leftAt) {
      if (!isFull && !this.isAllCleaned && this.handled - leftAt < FILES_AFTER_A_STUDY) continue;
      this.leftAt.delete(study);
      for (const cleaner of this.cleaners) void this.parcelled(study, cleaner);
    }
  }

  private async parcelled(study: Study, cleaner: Cleaner): Promise<void> {
    this.receiptsAwaited += 1;
    const receipt = await cleaner.receipt(study.uid);
    this.receiptsAwaited -= 1;
    if (receipt && !this.isOver) this.shipments.push(this.shipment(study, receipt));
    this.goOn();
  }

  private shipment(study: Study, receipt: Receipt): Shipment {
    for (const row of receipt.actions) {
      const name = `${row.tag} ${row.action} ${row.reason}`;
      const seen = study.actions.get(name);
      study.actions.set(name, { ...row, count: row.count + (seen?.count ?? 0) });
    }
    const images = receipt.instances
      .map(({ sop_instance_uid, sha256 }) => [this.bySOPInstance.get(sop_instance_uid), sha256] as const)
      .flatMap(([image, sha256]) => (image?.state === 'cleaned' && image.sha256 === sha256 ? [image] : []));
    return { receipt, isReceived: false, images };
  }

  private async send(): Promise<void> {
    if (this.isSending || this.shipments.length === 0) return;
    this.isSending = true;
    while (this.phase === 'running' && this.shipments.length > 0) {
      const shipment = this.shipments[0]!;
      await this.ship(shipment).catch((error: unknown) => this.lose(shipment, error));
      // A pause leaves a shipment half sent: it is the first again afterwards.
      if (shipment.images.some(({ state }) => state === 'cleaned')) break;
      this.shipments.shift();
      if (shipment.images.some(({ state }) => state === 'failed')) this.lostShipments.push(shipment);
    }
    this.isSending = false;
    this.goOn();
  }

  private async ship(shipment: Shipment): Promise<void> {
    const { signal } = this.stopping;
    if (!shipment.isReceived) await sendReceipt(shipment.receipt, this.to, signal, this.wait);
    shipment.isReceived = true;
    const left = shipment.images.filter(({ state, content }) => state === 'cleaned' && content);
    for (const batch of batched(left as (Image & { content: Blob })[])) {
      if (this.phase !== 'running') return;
      for (const image of batch) this.move(image, 'uploading');
      const { stored, held } = await sendInstances(batch, this.to, signal, this.wait);
      for (const image of batch) this.settle(image, stored, held);
      this.goOn();
    }
  }

  private settle(image: Image, stored: Set<string>, held: Map<string, string>): void {
    const reason = held.get(image.sopInstanceUID);
    if (reason === undefined && !stored.has(image.sopInstanceUID)) return this.move(image, 'failed', 'no-answer');
    this.drop(image);
    if (reason === undefined) this.move(image, 'uploaded');
    else this.move(image, 'quarantined', `held:${reason}`);
  }

  private lose(shipment: Shipment, error: unknown): void {
    if (this.isOver) return;
    const reason = error instanceof NotSent ? error.reason : 'no-connection';
    this.isWaiting = false;
    for (const image of shipment.images) {
      if (image.state === 'cleaned' || image.state === 'uploading') this.move(image, 'failed', reason);
    }
  }

  private readonly wait = (isWaiting: boolean): void => {
    this.isWaiting = isWaiting;
    this.changed();
  };

  private finish(): void {
    const isIdle = !this.isSending && this.shipments.length + this.receiptsAwaited + this.leftAt.size + this.counts.reading === 0;
    if (this.phase !== 'running' || !isIdle) return;
    // What failed is still in hand; when that is too much, nothing else can be cleaned either.
    if (this.counts.failed > 0 && (this.isAllCleaned || this.heldBytes >= MOST_HELD_BYTES)) return this.enter('stuck');
    if (this.isAllCleaned) void this.addToRecord();
  }

  private async addToRecord(): Promise<void> {
    const studies = [...this.studies.values()].filter(({ images }) => images.some(({ state }) => state === 'uploaded'));
    if (studies.length === 0) return this.end('done');
    this.enter('adding');
    try {
      await addToRecord(studies.map(({ uid }) => uid), this.to, this.stopping.signal, this.wait);
      this.end('done');
    } catch (error) {
      if (this.isOver) return;
      this.addingFailed = error instanceof NotSent ? error.reason : 'no-connection';
      this.enter('stuck');
    }
  }
}

function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
