/** What a reader sees, as one value: kept by authors, sent as a link, restored from either. */

import type { Window } from './presets';
import type { ImageAddress } from './page';

export type LayoutName = '1x1' | '1x2' | '2x1' | '2x2' | '1x3';

/** Rows by columns, as the names say. */
export const LAYOUTS: Readonly<Record<LayoutName, { rows: number; columns: number }>> = {
  '1x1': { rows: 1, columns: 1 },
  '1x2': { rows: 1, columns: 2 },
  '2x1': { rows: 2, columns: 1 },
  '2x2': { rows: 2, columns: 2 },
  '1x3': { rows: 1, columns: 3 },
};

export type Rotation = 0 | 90 | 180 | 270;

/** How one image is put on its cell: `zoom` counts from fitting, `centre` is (column, row) from the image's top left corner. */
export interface Placing {
  zoom: number;
  centre: [number, number] | null;
  rotation: Rotation;
  isFlipped: boolean;
  isInverted: boolean;
  window: Window | null;
}

export interface CellState extends Placing {
  series: string;
  image: ImageAddress | null;
}

export interface ViewState {
  layout: LayoutName;
  isLinked: boolean;
  active: number;
  cells: (CellState | null)[];
}

export const FITTED: Placing = { zoom: 1, centre: null, rotation: 0, isFlipped: false, isInverted: false, window: null };

export function cellCount(layout: LayoutName): number {
  return LAYOUTS[layout].rows * LAYOUTS[layout].columns;
}

export function isLayout(name: string): name is LayoutName {
  return Object.hasOwn(LAYOUTS, name);
}

/** `#layout=1x2&linked=1&active=0&cell=SERIES/IMAGE/FRAME/CENTRE,WIDTH/ZOOM/COLUMN,ROW/ROTATION[f][i]`, a `cell` for each. */
export function toFragment({ layout, isLinked, active, cells }: ViewState): string {
  return `#${[`layout=${layout}`, `linked=${isLinked ? 1 : 0}`, `active=${active}`, ...cells.map((cell) => `cell=${cellToText(cell)}`)].join('&')}`;
}

function cellToText(cell: CellState | null): string {
  if (!cell) return '-';
  const { series, image, window, zoom, centre, rotation, isFlipped, isInverted } = cell;
  const pair = (values: number[] | null) => values?.map(short).join(',') ?? '';
  const parts = [series, image?.sopInstanceUID ?? '', image?.frame ?? '', pair(window && [window.centre, window.width])];
  return [...parts, short(zoom), pair(centre), `${rotation}${isFlipped ? 'f' : ''}${isInverted ? 'i' : ''}`].join('/');
}

function short(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** The state a fragment tells, or null for any other fragment and for a damaged one. */
export function fromFragment(fragment: string): ViewState | null {
  const fields = decode(fragment).replace(/^#/, '').split('&').map(splitField);
  const value = (name: string) => fields.find(([key]) => key === name)?.[1];
  const layout = value('layout') ?? '';
  if (!isLayout(layout)) return null;
  const cells = fields.filter(([key]) => key === 'cell').map(([, text]) => cellFromText(text)).slice(0, cellCount(layout));
  const active = Math.min(Math.max(Math.trunc(Number(value('active'))) || 0, 0), cellCount(layout) - 1);
  return cells.some(Boolean) ? { layout, isLinked: value('linked') === '1', active, cells } : null;
}

function decode(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return '';
  }
}

function splitField(field: string): [string, string] {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

const UID = /^[0-9.]{1,64}$/;

function cellFromText(text: string): CellState | null {
  const [series = '', sop = '', frame = '', window = '', zoom = '', centre = '', turned = ''] = text.split('/');
  if (!UID.test(series)) return null;
  const turn = /^(0|90|180|270)(f?)(i?)$/.exec(turned);
  const shown = numberPair(window);
  return {
    series,
    image: UID.test(sop) ? { sopInstanceUID: sop, frame: Math.max(Math.trunc(Number(frame)) || 1, 1) } : null,
    window: shown && shown[1] > 0 ? { centre: shown[0], width: shown[1] } : null,
    zoom: Number(zoom) > 0 && Number.isFinite(Number(zoom)) ? Number(zoom) : 1,
    centre: numberPair(centre),
    rotation: Number(turn?.[1] ?? 0) as Rotation,
    isFlipped: turn?.[2] === 'f',
    isInverted: turn?.[3] === 'i',
  };
}

function numberPair(text: string): [number, number] | null {
  const [a, b, ...more] = text === '' ? [] : text.split(',').map(Number);
  return Number.isFinite(a) && Number.isFinite(b) && more.length === 0 ? [a as number, b as number] : null;
}
