/** Tells a screen reader what changed, once the reader's hand has come to rest. */

import { element } from './element';

const QUIET_MS = 700;

export interface Announcer {
  node: HTMLElement;
  say(message: string): void;
}

export function createAnnouncer(): Announcer {
  const node = element('div', { class: 'viewer-hidden', role: 'status', 'aria-live': 'polite' });
  let timer = 0;
  return {
    node,
    say(message) {
      clearTimeout(timer);
      timer = window.setTimeout(() => (node.textContent = message), QUIET_MS);
    },
  };
}
