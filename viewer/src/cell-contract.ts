/** What a cell offers, and what it asks of the viewer it lies in. */

import type { Announcer } from './announce';
import type { Drawn } from './drawing';
import type { Marks } from './marks';
import type { Measurements } from './measure';
import type { ImageAddress, Page } from './page';
import type { StackImage } from './series';
import type { HeadStart, Session, Sessions, StageModule } from './session';
import type { ImagePoint } from './shapes';
import type { Stage } from './stage';
import type { CellState, Placing } from './view-state';

/** Who turned to a slice: the reader's hand, a cell linked to this one, or the opening of a series. */
export type Cause = 'reader' | 'link' | 'open';
export type CellStatus = 'empty' | 'loading' | 'ready' | 'error';

export interface Cell {
  readonly id: number;
  readonly node: HTMLElement;
  /** Takes the focus and the gestures; the canvas, the lines and the words lie in it. */
  readonly board: HTMLElement;
  openSeries(index: number, at?: number | ImageAddress, placing?: Placing, early?: HeadStart): Promise<void>;
  /** The first slice, drawn without a stage. */
  showFirst(canvas: HTMLCanvasElement): void;
  goTo(index: number, cause?: Cause): Promise<void>;
  leave(): void;
  state(): CellState | null;
  draw(): void;
  describe(): void;
  image(): StackImage | null;
  stage(): Stage | null;
  session(): Session | null;
  seriesIndex(): number;
  target(): number;
  shown(): number;
  status(): CellStatus;
  size(): ImagePoint;
}

export interface CellHost {
  page: Page;
  stageModule: StageModule;
  sessions: Sessions;
  marks: Marks;
  measurements: Measurements;
  announcer: Announcer;
  activate(cell: Cell): void;
  /** A series is known but no image of it is on the stage yet. */
  opening(cell: Cell, session: Session): void;
  /** The reader turned to this slice, which may still be on its way. */
  moved(cell: Cell, index: number): void;
  settled(cell: Cell, cause: Cause): void;
  rendered(cell: Cell): void;
  loading(cell: Cell): void;
  changed(cell: Cell): void;
  drawnOn(cell: Cell, image: StackImage): { drawn: Drawn[]; caret: ImagePoint | null };
  /** The case's findings in words, once its answer lies open. */
  findings(): string;
}
