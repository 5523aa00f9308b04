/** The disclosure about the hospital's key: what it is for, keeping it, using another. */

import { element as make } from '../element';
import { save } from './save';
import { keyFile, keyFrom, replaceKey, type SiteKey } from './site-key';
import { words } from './words';

const FILE_NAME = 'firstlight-site-key.txt';

/** `onChange` is told of another key; `isBusy` says whether it may not change just now. */
export function keyPanel(key: SiteKey, isBusy: () => boolean, onChange: () => void): HTMLDetailsElement {
  const input = make('input', { type: 'file', hidden: true });
  const download = make('button', { type: 'button', class: 'button secondary small' }, words.keyDownload);
  const use = make('button', { type: 'button', class: 'button secondary small' }, words.keyUse);
  const undo = make('button', { type: 'button', class: 'button quiet small', hidden: true }, words.keyUndo);
  const status = make('p', { role: 'status', class: 'small' }, key.isKept ? '' : words.keyLost);
  let former: SiteKey['secret'] | null = null;

  async function change(secret: SiteKey['secret'], said: string): Promise<void> {
    key.secret = secret;
    key.isKept = await replaceKey(secret);
    status.textContent = key.isKept ? said : `${said} ${words.keyLost}`;
    undo.hidden = former === null;
    onChange();
  }

  download.addEventListener('click', () => save(keyFile(key.secret), FILE_NAME));
  use.addEventListener('click', () => {
    if (isBusy()) status.textContent = words.keyBusy;
    else input.click();
  });
  undo.addEventListener('click', () => {
    if (isBusy()) return void (status.textContent = words.keyBusy);
    const back = former;
    former = null;
    if (back) void change(back, '');
  });
  input.addEventListener('change', async () => {
    const file = input.files?.[0];
    const secret = file ? await keyFrom(file).catch(() => null) : null;
    input.value = '';
    if (!secret) return void (status.textContent = words.keyBad);
    former = key.secret;
    await change(secret, words.keyUsed);
  });

  return make(
    'details',
    { class: 'dropzone-key' },
    make('summary', {}, words.keyTitle),
    make('p', {}, words.keyWhy),
    make('div', { class: 'cluster' }, download, use, undo, input),
    status,
  );
}
