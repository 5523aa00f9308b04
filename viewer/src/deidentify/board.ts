/** Every file of a contribution and where it stands. */

import type { Cleaner } from './cleaner';
import type { Found } from './folder';
import type { Receipt, ReceiptRow } from './protocol';

export type State = 'waiting' | 'reading' | 'cleaned' | 'uploading' | 'uploaded' | 'quarantined' | 'failed';

export interface Image {
  number: number;
  /** Shown on this screen only; "" after a reload. */
  path: string;
  found: Found | null;
  state: State;
  reason: string;
  source: string;
  removed: number;
  changed: number;
  bytes: number;
  study: Study | null;
  seriesInstanceUID: string;
  sopInstanceUID: string;
  sha256: string;
  /** The result where the box could not take it. */
  content: Blob | null;
  cleaner: Cleaner | null;
  hasReceipt: boolean;
}

export interface Study {
  number: number;
  uid: string;
  pseudonym: string;
  images: Image[];
  receipts: Receipt[];
}

export class Board {
  readonly images: Image[] = [];
  readonly studies = new Map<string, Study>();
  readonly counts: Record<State, number> = { waiting: 0, reading: 0, cleaned: 0, uploading: 0, uploaded: 0, quarantined: 0, failed: 0 };
  isListed = false;

  constructor(readonly changed: () => void) {}

  add(found: Found | null, path = ''): Image {
    const image: Image = {
      number: this.images.length + 1,
      path,
      found,
      state: 'waiting',
      reason: '',
      source: '',
      removed: 0,
      changed: 0,
      bytes: 0,
      study: null,
      seriesInstanceUID: '',
      sopInstanceUID: '',
      sha256: '',
      content: null,
      cleaner: null,
      hasReceipt: false,
    };
    this.images.push(image);
    this.counts.waiting += 1;
    return image;
  }

  move(image: Image, state: State, reason = ''): void {
    this.counts[image.state] -= 1;
    this.counts[state] += 1;
    image.state = state;
    image.reason = reason;
    this.changed();
  }

  join(image: Image, uid: string, pseudonym: string): void {
    let study = this.studies.get(uid);
    if (!study) {
      study = { number: this.studies.size + 1, uid, pseudonym, images: [], receipts: [] };
      this.studies.set(uid, study);
    }
    image.study = study;
    study.images.push(image);
  }

  leave(image: Image): void {
    image.study?.images.splice(image.study.images.indexOf(image), 1);
    image.study = null;
  }

  get isAllCleaned(): boolean {
    return this.isListed && this.counts.waiting === 0 && this.counts.reading === 0;
  }

  /** Images that could be sent, and are not yet. */
  get left(): number {
    return this.counts.cleaned + this.counts.uploading + this.counts.failed;
  }

  get leftBytes(): number {
    return this.images.reduce((sum, { state, bytes }) => sum + (state === 'cleaned' || state === 'failed' ? bytes : 0), 0);
  }
}

/** What became of the attributes of a study, over all of its receipts. */
export function actionsOf({ receipts }: Study): ReceiptRow[] {
  const all = new Map<string, ReceiptRow>();
  for (const row of receipts.flatMap(({ actions }) => actions)) {
    const name = `${row.tag} ${row.action} ${row.reason}`;
    all.set(name, { ...row, count: row.count + (all.get(name)?.count ?? 0) });
  }
  return [...all.values()];
}

export function seriesOf({ images }: Study): number {
  return new Set(images.map(({ seriesInstanceUID }) => seriesInstanceUID)).size;
}
