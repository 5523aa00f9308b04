/** Puts the viewer's parts into the page's section. */

import { createAnnouncer, type Announcer } from './announce';
import { element } from './element';
import { createHelp } from './help';
import { createOverlay, type Overlay } from './overlay';
import type { Page } from './page';

export interface Layout {
  section: HTMLElement;
  /** Takes the focus and the gestures; the canvas, the lines and the words lie in it. */
  board: HTMLElement;
  canvas: HTMLDivElement;
  overlay: Overlay;
  announcer: Announcer;
  help: HTMLDialogElement;
  hidePoster(): void;
}

let boardCount = 0;

export function createLayout(page: Page): Layout {
  const { section, poster } = page;
  const canvas = element('div', { class: 'viewer-canvas' });
  const overlay = createOverlay();
  const board = element('div', {
    class: 'viewer-board',
    id: `viewer-board-${++boardCount}`,
    tabindex: 0,
    role: 'application',
    'aria-label': section.getAttribute('aria-label'),
  });
  if (poster) board.append(poster);
  board.append(canvas);
  return {
    section,
    board,
    canvas,
    overlay,
    announcer: createAnnouncer(),
    help: createHelp(),
    hidePoster: () => {
      if (poster) poster.hidden = true;
      board.classList.add('has-image');
    },
  };
}
