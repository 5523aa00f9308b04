/** Keyboard commands, heard only while the focus is inside the viewer (WCAG 2.1.4). */

import type { ToolbarCommand } from './toolbar';
import type { HandTool } from './tools';
import type { MeasureKind } from './shapes';

export type KeyCommand =
  | { name: 'step'; by: number; arrow?: readonly [dx: number, dy: number] }
  | { name: 'move'; dx: number; dy: number }
  | { name: 'first' | 'last' | 'zoomIn' | 'zoomOut' | 'removeMeasurement' | 'nextCell' | 'putDown' | 'cancel' }
  | { name: 'preset'; key: string }
  | { name: 'tool'; tool: HandTool | MeasureKind }
  | { name: ToolbarCommand };

const COMMANDS: Record<string, KeyCommand> = {
  ArrowDown: { name: 'step', by: 1, arrow: [0, 1] },
  ArrowRight: { name: 'step', by: 1, arrow: [1, 0] },
  ArrowUp: { name: 'step', by: -1, arrow: [0, -1] },
  ArrowLeft: { name: 'step', by: -1, arrow: [-1, 0] },
  PageDown: { name: 'step', by: 10 },
  PageUp: { name: 'step', by: -10 },
  Home: { name: 'first' },
  End: { name: 'last' },
  '1': { name: 'preset', key: '1' },
  '2': { name: 'preset', key: '2' },
  '3': { name: 'preset', key: '3' },
  '+': { name: 'zoomIn' },
  '=': { name: 'zoomIn' },
  '-': { name: 'zoomOut' },
  '0': { name: 'fit' },
  '?': { name: 'help' },
  Enter: { name: 'putDown' },
  Escape: { name: 'cancel' },
  Delete: { name: 'removeMeasurement' },
  Backspace: { name: 'removeMeasurement' },
};

const LETTERS: Record<string, KeyCommand> = {
  r: { name: 'reset' },
  i: { name: 'invert' },
  f: { name: 'fullScreen' },
  t: { name: 'rotate' },
  h: { name: 'flip' },
  x: { name: 'oneToOne' },
  c: { name: 'cine' },
  k: { name: 'link' },
  v: { name: 'mpr' },
  s: { name: 'marks' },
  n: { name: 'nextCell' },
  w: { name: 'tool', tool: 'window' },
  l: { name: 'tool', tool: 'length' },
  a: { name: 'tool', tool: 'angle' },
  b: { name: 'tool', tool: 'bidirectional' },
  e: { name: 'tool', tool: 'ellipse' },
  p: { name: 'tool', tool: 'probe' },
};

const MOVES: Record<string, [dx: number, dy: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Letter keys count by their place on the board too, so that they work while a Korean keyboard is on. */
export function commandOf(event: KeyboardEvent): KeyCommand | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const move = event.shiftKey ? MOVES[event.key] : undefined;
  if (move) return { name: 'move', dx: move[0], dy: move[1] };
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1]?.toLowerCase();
  return COMMANDS[event.key] ?? LETTERS[event.key.toLowerCase()] ?? (letter ? (LETTERS[letter] ?? null) : null);
}

/** Runs a command, and says whether it meant anything here; otherwise the key stays the browser's. */
export function listenForKeys(target: HTMLElement, run: (command: KeyCommand) => boolean): void {
  target.addEventListener('keydown', (event) => {
    const command = commandOf(event);
    if (!command || isHandledByControl(event, command)) return;
    if (run(command)) event.preventDefault();
  });
}

const ON_A_BOARD: readonly string[] = ['move', 'putDown', 'cancel', 'removeMeasurement'];
const MOVING: readonly string[] = ['step', 'first', 'last'];

/** Fields, a slider, a row of tabs, a button's own keys and an open dialog keep what they use themselves. */
function isHandledByControl(event: KeyboardEvent, { name }: KeyCommand): boolean {
  const focused = event.target as HTMLElement;
  if (focused.closest('dialog, select, textarea, input:not([type="range"]), [data-own-keys]')) return true;
  if (ON_A_BOARD.includes(name)) return !focused.matches('.viewer-board');
  return MOVING.includes(name) && focused.matches('input, [role="tab"]');
}
