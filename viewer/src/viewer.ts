/** Entry of the case viewer: enhances every `<section data-viewer>` of the page. */

import './viewer.css';
import { openCaseViewer } from './case-viewer';
import { readPage } from './page';

const sections = [...document.querySelectorAll<HTMLElement>('[data-viewer]')];
if (sections.length > 0) {
  const stageModule = import('./stage').then((stage) => {
    stage.startEngine();
    return stage;
  });
  // A chunk that does not arrive fails each series that waits for it, with a sentence and a retry.
  stageModule.catch(() => undefined);
  for (const section of sections) openCaseViewer(readPage(section), stageModule);
}
