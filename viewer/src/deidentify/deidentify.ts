/** Entry of the in-browser de-identification: enhances every `<div data-deidentify>` of the page. */

import './deidentify.css';
import { openDropZone } from './drop-zone';

for (const zone of document.querySelectorAll<HTMLElement>('[data-deidentify]')) void openDropZone(zone);
