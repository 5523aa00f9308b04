/** What the page and its workers say to each other. */

export interface Cleaned {
  status: 'done' | 'refused';
  reason: string;
  /** Tells two files apart; computed from what identifies, so it stays in the page's memory. */
  source: string;
  pseudonym: string;
  studyInstanceUID: string;
  seriesInstanceUID: string;
  sopInstanceUID: string;
  sha256: string;
  removed: number;
  changed: number;
  bytes: number;
  /** The result itself where the box could not take it, null where it lies in the box. */
  content: Blob | null;
}

export interface ReceiptRow {
  tag: string;
  keyword: string;
  action: string;
  count: number;
  reason: string;
}

export interface Receipt {
  study_instance_uid: string;
  profile: string;
  options: { code: string; meaning: string }[];
  longitudinal_dates: string;
  instances: { sop_instance_uid: string; sha256: string; pixels: string }[];
  refused: Record<string, number>;
  actions: ReceiptRow[];
  scan: { texts: number; found: number };
  signed_by: string;
  signature: string;
}

/** Where a worker puts its results: a folder of the browser's own file system, and the key it locks them with. */
export interface BoxKey {
  id: string;
  key: CryptoKey;
}

/** What the page asks a worker about a study; `gathered` identifies, and goes to the page's other workers alone. */
export type Question =
  | { ask: 'gathered'; studyInstanceUID: string }
  | { ask: 'learn'; studyInstanceUID: string; gathered: Uint8Array<ArrayBuffer> }
  | { ask: 'toCleanAgain'; studyInstanceUID: string }
  | { ask: 'forget'; studyInstanceUID: string; sopInstanceUID: string }
  | { ask: 'receipt'; studyInstanceUID: string };

export interface Replies {
  gathered: Uint8Array<ArrayBuffer>;
  learn: null;
  toCleanAgain: string[];
  forget: null;
  receipt: Receipt | null;
}
export type Reply = Replies[keyof Replies];

export type Order =
  | { kind: 'open'; assets: string; secret: Uint8Array }
  | { kind: 'box'; box: BoxKey }
  | { kind: 'clean'; number: number; file: File }
  | { kind: 'question'; id: number; question: Question };

export type Answer =
  | { kind: 'ready' }
  | { kind: 'broken'; cannotSign: boolean }
  | { kind: 'cleaned'; number: number; result: Cleaned }
  | { kind: 'reply'; id: number; reply: Reply };
