/** The cells side by side: how many, which of them is active, and on a phone which one is seen. */

import type { Cell } from './cell-contract';
import { element } from './element';
import { text } from './text';
import { cellCount, LAYOUTS, type LayoutName } from './view-state';

export interface Grid {
  node: HTMLElement;
  /** Buttons that bring one cell at a time to a narrow screen. */
  segments: HTMLElement;
  /** Cells of the layout, in reading order. */
  cells(): readonly Cell[];
  active(): Cell;
  layout(): LayoutName;
  /** Makes room, creating cells as they are needed; gives those that are new to the layout. */
  arrange(layout: LayoutName): Cell[];
  activate(cell: Cell): void;
  showLink(kind: 'off' | 'space' | 'step'): void;
}

/** Type of what is dragged from the row of series, so that nothing else can be dropped on a cell. */
export const DRAGGED_SERIES = 'application/x-firstlight-series';

export function createGrid(create: () => Cell, onActivate: (cell: Cell) => void): Grid {
  const made: Cell[] = [];
  const segments = element('div', { class: 'viewer-segments', role: 'group', 'aria-label': text.segments });
  const node = element('div', { class: 'viewer-grid' });
  let current: LayoutName = '1x1';
  let activeIndex = 0;

  const cells = () => made.slice(0, cellCount(current));
  const active = () => made[activeIndex] as Cell;

  function arrange(layout: LayoutName): Cell[] {
    const before = cells();
    current = layout;
    while (made.length < cellCount(layout)) add();
    for (const cell of before.slice(cellCount(layout))) cell.leave();
    activeIndex = Math.min(activeIndex, cellCount(layout) - 1);
    node.dataset.layout = layout;
    node.style.setProperty('--rows', String(LAYOUTS[layout].rows));
    node.style.setProperty('--columns', String(LAYOUTS[layout].columns));
    mark();
    return cells().slice(before.length);
  }

  function add(): void {
    const cell = create();
    made.push(cell);
    node.append(cell.node);
    for (const kind of ['focusin', 'pointerdown'] as const) cell.node.addEventListener(kind, () => activate(cell), { capture: true });
    takeDrops(cell, () => activate(cell));
  }

  function activate(cell: Cell): void {
    const index = made.indexOf(cell);
    if (index === activeIndex) return;
    activeIndex = index;
    mark();
    onActivate(cell);
  }

  function mark(): void {
    made.forEach((cell, index) => {
      const isIn = index < cellCount(current);
      cell.node.classList.toggle('is-away', !isIn);
      cell.node.classList.toggle('is-active', index === activeIndex);
      cell.node.inert = !isIn;
    });
    segments.hidden = current === '1x1';
    segments.replaceChildren(...cells().map((cell, index) => segment(cell, index)));
  }

  function segment(cell: Cell, index: number): HTMLButtonElement {
    const isActive = index === activeIndex;
    const button = element('button', { type: 'button', class: 'viewer-button is-word', 'aria-pressed': String(isActive) }, text.cell(index + 1));
    button.addEventListener('click', () => activate(cell));
    return button;
  }

  arrange('1x1');
  return { node, segments, cells, active, layout: () => current, arrange, activate, showLink: (kind) => (node.dataset.linked = kind) };
}

function takeDrops(cell: Cell, activate: () => void): void {
  const carries = (event: DragEvent) => event.dataTransfer?.types.includes(DRAGGED_SERIES);
  cell.node.addEventListener('dragover', (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    cell.node.classList.add('is-over');
  });
  cell.node.addEventListener('dragleave', () => cell.node.classList.remove('is-over'));
  cell.node.addEventListener('drop', (event) => {
    cell.node.classList.remove('is-over');
    const series = event.dataTransfer?.getData(DRAGGED_SERIES);
    if (!series) return;
    event.preventDefault();
    activate();
    void cell.openSeries(Number(series));
  });
}
