/** The dialog that lists what mouse, fingers and keys do. */

import { element } from './element';
import { icon } from './icons';
import { text } from './text';

export function createHelp(): HTMLDialogElement {
  const close = element('button', { type: 'button', class: 'viewer-button is-icon', 'aria-label': text.close }, icon('close'));
  const rows = text.helpKeys.flatMap(([keys, meaning]) => [element('dt', {}, keys), element('dd', {}, meaning)]);
  const title = element('h2', {}, text.helpTitle);
  const dialog = element(
    'dialog',
    { class: 'viewer-help', 'aria-label': text.helpTitle },
    element('header', {}, title, close),
    element('dl', {}, ...rows),
  );
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  return dialog;
}
