/** One contribution from a dropped folder to the depository: cleaned, looked at, sent; and sent on after a reload. */

import { Board } from './board';
import type { Cleaner } from './cleaner';
import { Cleaning } from './cleaning';
import type { Found } from './folder';
import { Box, type Left, type Sealed } from './outbox';
import { NotSent, type Destination } from './sending';
import { Upload } from './upload';

/** `review`: cleaned, and a person looks before anything is sent. `stuck`: what is left needs a person to say "try again".
 * `kept`: stopped, or left by an earlier page, and still to be sent. */
export type Phase = 'cleaning' | 'review' | 'sending' | 'paused' | 'adding' | 'stuck' | 'kept' | 'done' | 'discarded' | 'broken';

const OVER = new Set<Phase>(['done', 'discarded', 'broken']);

export class Contribution {
  phase: Phase = 'cleaning';
  /** Whether this browser cannot sign receipts, without which nothing is sent. */
  cannotSign = false;
  /** Why adding to the record failed, "" where it did not. */
  addingFailed = '';
  /** Whether a reload loses nothing. */
  isKept = false;
  private cleaning: Cleaning | null = null;
  private readonly upload: Upload;
  private isSending = false;

  private constructor(
    readonly board: Board,
    private readonly box: Box | null,
    private readonly to: Destination,
  ) {
    this.upload = new Upload(board, box, to);
  }

  /** Begins with files; the first worker may be running already. */
  static async begun(files: AsyncIterable<Found>, assets: string, secret: Uint8Array, to: Destination, first: Cleaner | null, changed: () => void): Promise<Contribution> {
    const made = new Contribution(new Board(changed), await Box.fresh(), to);
    const outlook = { finished: () => void made.finish(), broken: (cannotSign: boolean) => void made.break(cannotSign) };
    made.cleaning = new Cleaning(made.board, assets, secret, made.box, outlook, first);
    void made.cleaning.take(files);
    return made;
  }

  /** What an earlier page left, null while another page is at it. */
  static async restored({ sealed, settled }: Left, to: Destination, changed: () => void): Promise<Contribution | null> {
    const box = await Box.taken(sealed);
    if (!box) return null;
    const made = new Contribution(boardOf(sealed, changed), box, to);
    for (const { number, state, reason } of settled) {
      const image = made.board.images.find((each) => each.number === number);
      if (image) made.board.move(image, state, reason);
    }
    made.isKept = true;
    made.phase = 'kept';
    return made;
  }

  get isOver(): boolean {
    return OVER.has(this.phase);
  }

  get isWaiting(): boolean {
    return this.upload.isWaiting;
  }

  pause(): void {
    if (this.phase === 'sending') this.enter('paused');
  }

  /** The person has looked, and lets it go; or goes on, or tries again. */
  send(): void {
    if (this.isOver || this.phase === 'cleaning') return;
    for (const image of this.board.images) if (image.state === 'failed') this.board.move(image, 'cleaned');
    this.addingFailed = '';
    this.enter('sending');
    void this.run();
  }

  /** Ends sending; what is not sent stays in the box. */
  stop(): void {
    if (this.isOver || this.phase === 'cleaning') return;
    this.upload.stop();
    this.enter('kept');
  }

  /** Removes all that is kept here; what is stored on the server stays stored, and nothing is added to the record. */
  async discard(): Promise<void> {
    this.upload.stop();
    await this.end('discarded');
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.board.changed();
  }

  private async end(phase: 'done' | 'discarded' | 'broken'): Promise<void> {
    this.cleaning?.end();
    for (const image of this.board.images) image.content = null;
    this.phase = phase;
    // Files that are being written just now resist; the next page removes them.
    await this.box?.wipe().catch(() => undefined);
    this.board.changed();
  }

  private async break(cannotSign: boolean): Promise<void> {
    this.cannotSign = cannotSign;
    await this.end('broken');
  }

  private async finish(): Promise<void> {
    this.isKept = this.cleaning!.isKept && (await this.sealed());
    this.cleaning!.end();
    if (this.board.left === 0) return this.end('done');
    this.enter('review');
  }

  /** Whether the box could be sealed. */
  private async sealed(): Promise<boolean> {
    try {
      await this.box!.seal(contentsOf(this.board, this.to));
      return true;
    } catch {
      return false;
    }
  }

  private async run(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    do await this.upload.run(() => this.phase === 'sending');
    while (this.phase === 'sending' && this.board.counts.cleaned > 0);
    this.isSending = false;
    if (this.phase !== 'sending') return;
    if (this.board.left > 0) this.enter('stuck');
    else await this.add();
  }

  private async add(): Promise<void> {
    this.enter('adding');
    try {
      await this.upload.add();
      await this.end('done');
    } catch (error) {
      if (this.isOver) return;
      this.addingFailed = error instanceof NotSent ? error.reason : 'no-connection';
      this.enter('stuck');
    }
  }
}

function contentsOf(board: Board, { attach, outbreak }: Destination): Omit<Sealed, 'id' | 'key'> {
  const studies = [...board.studies.values()].filter(({ images }) => images.length > 0);
  return {
    attach,
    outbreak,
    page: location.pathname,
    studies: studies.map(({ number, uid, pseudonym, receipts }) => ({ number, uid, pseudonym, receipts })),
    images: studies.flatMap(({ number: study, images }) =>
      images.map(({ number, seriesInstanceUID, sopInstanceUID, sha256, bytes, removed, changed }) => ({ number, study, seriesInstanceUID, sopInstanceUID, sha256, bytes, removed, changed })),
    ),
  };
}

function boardOf({ studies, images }: Sealed, changed: () => void): Board {
  const board = new Board(changed);
  const byNumber = new Map(studies.map((study) => [study.number, study]));
  for (const { study: number, ...kept } of images) {
    const study = byNumber.get(number)!;
    const image = Object.assign(board.add(null), kept, { hasReceipt: true });
    board.join(image, study.uid, study.pseudonym);
    board.move(image, 'cleaned');
  }
  for (const { uid, receipts } of studies) board.studies.get(uid)?.receipts.push(...receipts);
  board.isListed = true;
  return board;
}
