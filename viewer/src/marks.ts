/** An author's arrows, ellipses, regions and words: in the page only with the answer, drawn only once it is open. */

import type { Drawn } from './drawing';
import { isSameImage, type ImageAddress } from './page';
import { numbersOf, type StackImage } from './series';
import { ninthOf, type ImagePoint, type MarkKind } from './shapes';
import { text } from './text';

export interface Mark extends ImageAddress {
  number: number;
  kind: MarkKind;
  points: ImagePoint[];
  label: string;
  labelKo: string;
  labelEn: string;
}

export interface Marks {
  all(): readonly Mark[];
  replace(marks: readonly Mark[]): void;
  on(image: ImageAddress): readonly Mark[];
  drawnOn(image: ImageAddress): Drawn[];
  /** Whether the answer lies open, so that marks may be seen. */
  isRevealed(): boolean;
  isShown(): boolean;
  show(isShown: boolean): void;
  choose(number: number | null): void;
  chosen(): number | null;
}

/** Reads the page's marks and follows the disclosure they lie in; outside one they are open from the start. */
export function createMarks(isEditing: boolean, onReveal: () => void): Marks {
  const block = document.querySelector('script[data-viewer-marks]');
  const cover = isEditing ? null : block?.closest('details');
  let marks = block ? (JSON.parse(block.textContent ?? '[]') as Mark[]) : [];
  let isWanted = true;
  let chosen: number | null = null;
  const isRevealed = () => (marks.length > 0 || isEditing) && (!cover || cover.open);
  const on = (image: ImageAddress) => marks.filter((mark) => isSameImage(mark, image));
  cover?.addEventListener('toggle', onReveal);

  return {
    all: () => marks,
    replace: (changed) => (marks = [...changed]),
    on,
    drawnOn: (image) => (isRevealed() && isWanted ? on(image).map((mark) => drawnOf(mark, mark.number === chosen)) : []),
    isRevealed,
    isShown: () => isRevealed() && isWanted,
    show: (isShown) => (isWanted = isShown),
    choose: (number) => (chosen = number),
    chosen: () => chosen,
  };
}

function drawnOf(mark: Mark, isChosen: boolean): Drawn {
  return { shape: { kind: mark.kind, points: mark.points }, label: mark.label, look: 'mark', isChosen };
}

/** A mark in words: what it is, where in the image it points, what its author says. */
export function markInWords(mark: Mark, image: StackImage): string {
  const [rows = 1] = numbersOf(image.instance['00280010']);
  const [columns = 1] = numbersOf(image.instance['00280011']);
  const pointed = mark.kind === 'arrow' ? mark.points.slice(-1) : mark.points;
  const [across, down] = ninthOf(pointed, columns, rows);
  return text.mark(text.markKinds[mark.kind], text.ninths[down]?.[across] ?? '', mark.label);
}

/** Links of the page that ask for a mark. */
export function markLinks(): HTMLAnchorElement[] {
  return [...document.querySelectorAll<HTMLAnchorElement>('a[data-mark]')];
}
