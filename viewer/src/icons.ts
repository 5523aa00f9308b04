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
  angle: 'M19.5 18.5h-15L15 5.5M9.2 18.5a5.5 5.5 0 0 0-1.4-4.1',
  bidirectional: 'M4 20 20 4M7.5 8.5l8 8M2.8 18.8l2.4 2.4M18.8 2.8l2.4 2.4',
  ellipse: 'M12 6.5c5 0 8.5 2.4 8.5 5.5S17 17.5 12 17.5 3.5 15.1 3.5 12 7 6.5 12 6.5z',
  probe: 'M12 3.5v6M12 14.5v6M3.5 12h6M14.5 12h6M12 11.9v.2',
  arrow: 'M4.5 19.5l14-14M18.5 13V5.5H11',
  region: 'M5 9.5c1-4 6-6 9.5-4.5s6 5 4.5 9-6.5 6-10.5 4.5S4 13.5 5 9.5z',
  text: 'M5 6.5V5h14v1.5M12 5v14M9.5 19h5',
  layout: 'M4 4.5h16v15H4zM12 4.5v15M4 12h16',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  mpr: 'M12 3.5 19.5 7.5v9L12 20.5l-7.5-4v-9zM12 12l7.5-4.5M12 12v8.5M12 12 4.5 7.5',
  marks: 'M3.5 12s3-6 8.5-6 8.5 6 8.5 6-3 6-8.5 6-8.5-6-8.5-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z',
  more: 'M5.5 12h.1M12 12h.1M18.5 12h.1M5.5 11.5v1M12 11.5v1M18.5 11.5v1',
  rotate: 'M19.5 12a7.5 7.5 0 1 1-2.6-5.7M19.5 3.8v4.4h-4.4',
  flip: 'M12 3.5v17M9 7v10H3.5zM15 7v10h5.5z',
  fit: 'M4 4h16v16H4zM8 10V8h2M16 10V8h-2M8 14v2h2M16 14v2h-2',
  oneToOne: 'M4 4h16v16H4zM8 9l1.5-1v8M14.5 9l1.5-1v8M12 10.5v.1M12 14v.1',
  cine: 'M7 4.5 19 12 7 19.5z',
  copyLink: 'M9 9V5h10v10h-4M5 9h10v10H5z',
  dataSaver: 'M12 3.5v10M8 10l4 4 4-4M4.5 16.5v3h15v-3',
  save: 'M5 4.5h11l3 3v12H5zM8 4.5v5h7v-5M8 19.5v-6h8v6',
} as const;

export type IconName = keyof typeof PATHS;

export function icon(name: IconName): SVGSVGElement {
  const svg = svgElement('svg', { viewBox: '0 0 24 24', class: 'viewer-icon', 'aria-hidden': 'true', focusable: 'false' });
  svg.append(svgElement('path', { d: PATHS[name] }));
  return svg;
}
