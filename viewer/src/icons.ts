/** Line icons on a 24-unit grid, drawn for this viewer. */

import { svgElement } from './element';

const PATHS = {
  scroll: 'M5 9.5 12 6l7 3.5-7 3.5zM5 13.5l7 3.5 7-3.5M12 1.5v1.8M12 20.7v1.8M10.4 3l1.6-1.6L13.6 3M10.4 21l1.6 1.6 1.6-1.6',
  window: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 3.5v17M12 8h6.2M12 12h8.5M12 16h6.2',
  pan: 'M12 3v18M3 12h18M9.5 5.5 12 3l2.5 2.5M9.5 18.5 12 21l2.5-2.5M5.5 9.5 3 12l2.5 2.5M18.5 9.5 21 12l-2.5 2.5',
  zoom: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.3 15.3 20.5 20.5M10.5 7.8v5.4M7.8 10.5h5.4',
  length: 'M3.2 15.8 15.8 3.2l5 5L8.2 20.8zM7 12l2 2M10 9l3 3M13 6l2 2',
  invert: 'M4.5 4.5h15v15h-15zM4.5 19.5l15-15M8 8.2h4M10 6.2v4M13.2 16h4',
  reset: 'M4.5 12a7.5 7.5 0 1 0 2.6-5.7M4 3.8v4.4h4.4',
  clear: 'M5 7h14M9.5 7V4.5h5V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5',
  help: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM9.4 9.6a2.7 2.7 0 1 1 3.9 2.4c-.9.5-1.3 1-1.3 2M12 16.8v.2',
  fullScreen: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  leaveFullScreen: 'M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5',
  close: 'M6 6l12 12M18 6 6 18',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const svg = svgElement('svg', { viewBox: '0 0 24 24', class: 'viewer-icon', 'aria-hidden': 'true', focusable: 'false' });
  svg.append(svgElement('path', { d: PATHS[name] }));
  return svg;
}
