/** Receipts and images on their way to the depository, study by study; what is settled leaves the box at once. */

import type { Board, Image, Study } from './board';
import type { Box } from './outbox';
import { addToRecord, batched, NotSent, sendInstances, sendReceipt, type Destination, type Stored } from './sending';

interface Sendable extends Image {
  content: Blob;
}

export class Upload {
  /** Whether the server did not answer and is being asked again. */
  isWaiting = false;
  private readonly received = new Set<Study>();
  private stopping = new AbortController();

  constructor(
    private readonly board: Board,
    private readonly box: Box | null,
    private readonly to: Destination,
  ) {}

  /** Sends all that is left, until it is told to pause or to stop. Never throws: what failed is on the board. */
  async run(mayGoOn: () => boolean): Promise<void> {
    this.stopping = new AbortController();
    for (const study of this.board.studies.values()) {
      if (!mayGoOn()) return;
      if (leftOf(study).length > 0) await this.ship(study, mayGoOn).catch((error: unknown) => this.lose(study, error));
    }
  }

  /** Ends the request under way; what it carried is still to be sent. */
  stop(): void {
    this.stopping.abort(new DOMException('stopped', 'AbortError'));
  }

  /** Adds what is stored to the record that the page is about; raises NotSent. */
  async add(): Promise<void> {
    const studies = [...this.board.studies.values()].filter(({ images }) => images.some(({ state }) => state === 'uploaded'));
    if (studies.length > 0) await addToRecord(studies.map(({ uid }) => uid), this.to, this.stopping.signal, this.wait);
  }

  private async ship(study: Study, mayGoOn: () => boolean): Promise<void> {
    const { signal } = this.stopping;
    if (!this.received.has(study)) for (const receipt of study.receipts) await sendReceipt(receipt, this.to, signal, this.wait);
    this.received.add(study);
    for (const batch of batched(leftOf(study))) {
      if (!mayGoOn()) return;
      const loaded = await this.loaded(batch);
      for (const image of loaded) this.board.move(image, 'uploading');
      if (loaded.length > 0) await this.settle(loaded, await sendInstances(loaded, this.to, signal, this.wait));
    }
  }

  private async loaded(batch: Image[]): Promise<Sendable[]> {
    const all: Sendable[] = [];
    // One after the other: many at once would keep the page from answering for a moment.
    for (const image of batch) {
      const loaded = await this.withContent(image);
      if (loaded) all.push(loaded);
    }
    return all;
  }

  private async withContent(image: Image): Promise<Sendable | null> {
    try {
      if (!image.content) image.content = new Blob([await this.box!.read(image.number)]);
      return image as Sendable;
    } catch {
      // What cannot be opened with the box's key is not what was cleaned.
      this.board.move(image, 'quarantined', 'not-kept');
      return null;
    }
  }

  private async settle(batch: Sendable[], { stored, held }: Stored): Promise<void> {
    for (const image of batch) {
      const reason = held.get(image.sopInstanceUID);
      if (reason !== undefined) this.board.move(image, 'quarantined', `held:${reason}`);
      else if (stored.has(image.sopInstanceUID)) this.board.move(image, 'uploaded');
      else this.board.move(image, 'failed', 'no-answer');
      if (this.box || image.state !== 'failed') (image as Image).content = null;
    }
    const settled = batch.flatMap(({ number, state, reason }) => (state === 'uploaded' || state === 'quarantined' ? [{ number, state, reason }] : []));
    await this.box?.settle(settled);
  }

  private lose(study: Study, error: unknown): void {
    const isStopped = this.stopping.signal.aborted;
    const reason = error instanceof NotSent ? error.reason : 'no-connection';
    this.isWaiting = false;
    for (const image of study.images.filter(isLeft)) {
      if (isStopped) this.board.move(image, 'cleaned');
      else this.board.move(image, 'failed', reason);
    }
  }

  private readonly wait = (isWaiting: boolean): void => {
    this.isWaiting = isWaiting;
    this.board.changed();
  };
}

const isLeft = ({ state }: Image) => state === 'cleaned' || state === 'uploading';
const leftOf = ({ images }: Study) => images.filter(isLeft);
