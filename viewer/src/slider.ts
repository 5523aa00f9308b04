/** The slice slider: a range input over a track that shows loaded slices and key images. */

import { element, setAttributes, svgElement } from './element';
import { waitInWords } from './loading';
import type { Series } from './series';
import { text } from './text';

export interface Slider {
  node: HTMLElement;
  open(series: Series): void;
  moveTo(index: number): void;
  /** `most`: how many will ever be in memory, where the whole series does not fit. */
  markLoaded(loaded: ReadonlySet<number>, most: number, bytesToCome: number | null, bytesPerSecond: number | null): void;
}

export function createSlider(onMove: (index: number) => void): Slider {
  const input = element('input', { type: 'range', class: 'viewer-range', min: 1, step: 1, 'aria-label': text.slider });
  const track = svgElement('svg', { class: 'viewer-track', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const loadedPath = svgElement('path', { class: 'viewer-track-loaded' });
  const ticks = svgElement('path', { class: 'viewer-track-ticks' });
  track.append(loadedPath, ticks);
  const progress = createProgress();
  const node = element('div', { class: 'viewer-timeline' }, progress.bar, element('div', { class: 'viewer-slider' }, track, input), progress.word);
  let total = 1;

  input.addEventListener('input', () => onMove(input.valueAsNumber - 1));

  function open(series: Series): void {
    total = series.images.length;
    setAttributes(input, { max: total });
    setAttributes(track, { viewBox: `0 0 ${total} 10` });
    setAttributes(ticks, { d: series.images.map((image, index) => (image.keyImage ? `M${index + 0.5} 0v10` : '')).join('') });
    node.hidden = total < 2;
    markLoaded(new Set(), total, null, null);
  }

  function moveTo(index: number): void {
    input.value = String(index + 1);
    input.setAttribute('aria-valuetext', text.slice(index + 1, total));
  }

  function markLoaded(loaded: ReadonlySet<number>, most: number, bytesToCome: number | null, bytesPerSecond: number | null): void {
    setAttributes(loadedPath, { d: [...loaded].map((index) => `M${index} 5h1`).join('') });
    progress.show(loaded.size, total, loaded.size >= most, bytesToCome ? waitInWords(bytesToCome, bytesPerSecond) : '');
  }

  return { node, open, moveTo, markLoaded };
}

/** A thin bar and a word, both gone once everything is in memory. */
function createProgress() {
  const filled = element('div', { class: 'viewer-progress-filled' });
  const bar = element('div', { class: 'viewer-progress', role: 'progressbar', 'aria-label': text.loading, 'aria-valuemin': 0 }, filled);
  const word = element('span', { class: 'viewer-loaded', 'aria-hidden': 'true' });
  return {
    bar,
    word,
    show(loaded: number, total: number, isDone: boolean, toCome: string) {
      const words = [text.loaded(loaded, total), toCome].filter(Boolean).join(' · ');
      setAttributes(bar, { 'aria-valuemax': total, 'aria-valuenow': loaded, 'aria-valuetext': words });
      filled.style.transform = `scaleX(${loaded / total})`;
      word.textContent = words;
      for (const node of [bar, word]) node.classList.toggle('is-done', isDone);
    },
  };
}
