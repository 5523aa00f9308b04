/** Entry of the case viewer: enhances every `<section data-viewer>` of the page. */

import './viewer.css';
import { openCaseViewer } from './case-viewer';
import { readPage } from './page';

/** How long the first image has the line to itself before Cornerstone is asked for. */
const LONGEST_ALONE_MS = 1500;

const sections = [...document.querySelectorAll<HTMLElement>('[data-viewer]')];
if (sections.length > 0) {
  let begin: () => void = () => undefined;
  const firstIsHere = new Promise<void>((resolve) => (begin = resolve));
  setTimeout(begin, LONGEST_ALONE_MS);
  const stageModule = firstIsHere
    .then(() => import('./stage'))
    .then((stage) => {
      stage.startEngine();
      return stage;
    });
  // A chunk that does not arrive fails each series that waits for it, with a sentence and a retry.
  stageModule.catch(() => undefined);
  for (const section of sections) openCaseViewer(readPage(section), stageModule, begin);
}
