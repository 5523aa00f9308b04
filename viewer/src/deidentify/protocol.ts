/** What the page and its workers say to each other. */

export interface Cleaned {
  status: 'done' | 'refused';
  reason: string;
  studyInstanceUID: string;
  sopInstanceUID: string;
  sha256: string;
  removed: number;
  changed: number;
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
  instances: { sop_instance_uid: string; sha256: string }[];
  actions: ReceiptRow[];
  signature: string;
}

export type Order =
  | { kind: 'open'; assets: string; secret: Uint8Array }
  | { kind: 'clean'; number: number; file: File }
  | { kind: 'receipt'; studyInstanceUID: string };

export type Answer =
  | { kind: 'ready' }
  | { kind: 'broken'; cannotSign: boolean }
  | { kind: 'cleaned'; number: number; result: Cleaned }
  | { kind: 'receipt'; studyInstanceUID: string; receipt: Receipt | null };
