/** Keyboard commands, heard only while the focus is inside the viewer. */

export type KeyCommand =
  | { name: 'step'; by: number }
  | { name: 'first' | 'last' | 'reset' | 'invert' | 'zoomIn' | 'zoomOut' | 'help' | 'fullScreen' | 'removeMeasurement' }
  | { name: 'preset'; key: string };

const COMMANDS: Record<string, KeyCommand> = {
  ArrowDown: { name: 'step', by: 1 },
  ArrowRight: { name: 'step', by: 1 },
  ArrowUp: { name: 'step', by: -1 },
  ArrowLeft: { name: 'step', by: -1 },
  PageDown: { name: 'step', by: 10 },
  PageUp: { name: 'step', by: -10 },
  Home: { name: 'first' },
  End: { name: 'last' },
  '1': { name: 'preset', key: '1' },
  '2': { name: 'preset', key: '2' },
  '3': { name: 'preset', key: '3' },
  r: { name: 'reset' },
  i: { name: 'invert' },
  f: { name: 'fullScreen' },
  '+': { name: 'zoomIn' },
  '=': { name: 'zoomIn' },
  '-': { name: 'zoomOut' },
  '?': { name: 'help' },
  Delete: { name: 'removeMeasurement' },
  Backspace: { name: 'removeMeasurement' },
};

/** Letter keys by their place on the board too, so that they work while a Korean keyboard is on. */
const COMMANDS_BY_CODE: Record<string, KeyCommand> = {
  KeyR: { name: 'reset' },
  KeyI: { name: 'invert' },
  KeyF: { name: 'fullScreen' },
};

export function commandOf(event: KeyboardEvent): KeyCommand | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return COMMANDS[event.key] ?? COMMANDS_BY_CODE[event.code] ?? null;
}

export function listenForKeys(target: HTMLElement, run: (command: KeyCommand) => void): void {
  target.addEventListener('keydown', (event) => {
    const command = commandOf(event);
    if (!command || isHandledByControl(event, command)) return;
    event.preventDefault();
    run(command);
  });
}

/** A slider, a row of tabs and an open dialog keep the keys they use themselves. */
function isHandledByControl(event: KeyboardEvent, command: KeyCommand): boolean {
  const focused = event.target as HTMLElement;
  const movesSlices = ['step', 'first', 'last'].includes(command.name);
  return Boolean(focused.closest('dialog')) || (movesSlices && focused.matches('input, [role="tab"]'));
}
