/** The bar of tools, window presets and view commands. */

import { element } from './element';
import { icon, type IconName } from './icons';
import type { Preset, PresetName } from './presets';
import { text } from './text';
import type { ToolName } from './tools';

export type ToolbarCommand = 'invert' | 'reset' | 'clear' | 'help' | 'fullScreen';

export interface ToolbarActions {
  chooseTool(tool: ToolName): void;
  choosePreset(preset: Preset): void;
  run(command: ToolbarCommand): void;
}

export interface ToolbarState {
  tool: ToolName;
  preset: PresetName | null;
  isInverted: boolean;
  isFullScreen: boolean;
  measurementCount: number;
}

export interface Toolbar {
  node: HTMLElement;
  open(tools: readonly ToolName[], presets: readonly Preset[]): void;
  update(state: ToolbarState): void;
}

export function createToolbar(actions: ToolbarActions): Toolbar {
  const tools = group(text.toolGroup);
  const presets = group(text.windowGroup);
  const view = group(text.viewGroup);
  const toolButtons = new Map<ToolName, HTMLButtonElement>();
  const presetButtons = new Map<PresetName, HTMLButtonElement>();
  const command = (name: ToolbarCommand, label: string, key?: string) => iconButton(name, label, key, () => actions.run(name));
  const invert = command('invert', text.invert, 'I');
  const clear = command('clear', text.clear);
  clear.hidden = true;
  const fullScreen = command('fullScreen', text.fullScreen, 'F');
  view.append(clear, invert, command('reset', text.reset, 'R'), command('help', text.help, '?'), fullScreen);
  const node = element('div', { class: 'viewer-toolbar' }, tools, presets, view);

  function open(names: readonly ToolName[], windows: readonly Preset[]): void {
    for (const name of names) toolButtons.set(name, toolButton(name, () => actions.chooseTool(name)));
    tools.replaceChildren(...names.map((name) => toolButtons.get(name) ?? ''));
    for (const preset of windows) presetButtons.set(preset.name, presetButton(preset, () => actions.choosePreset(preset)));
    presets.replaceChildren(...windows.map(({ name }) => presetButtons.get(name) ?? ''));
    presets.hidden = windows.length === 0;
  }

  function update(state: ToolbarState): void {
    for (const [name, button] of toolButtons) press(button, name === state.tool);
    for (const [name, button] of presetButtons) press(button, name === state.preset);
    press(invert, state.isInverted);
    clear.hidden = state.measurementCount === 0;
    nameButton(fullScreen, state.isFullScreen ? 'leaveFullScreen' : 'fullScreen', 'F');
  }

  return { node, open, update };
}

function group(label: string): HTMLElement {
  return element('div', { class: 'viewer-group', role: 'group', 'aria-label': label });
}

function toolButton(name: ToolName, onClick: () => void): HTMLButtonElement {
  const label = element('span', { class: 'viewer-button-word' }, text.tools[name]);
  return button({ class: 'viewer-button', 'aria-pressed': 'false' }, onClick, icon(name), label);
}

function presetButton(preset: Preset, onClick: () => void): HTMLButtonElement {
  const tip = `${preset.centre} / ${preset.width}`;
  const attributes = { class: 'viewer-button is-word', 'aria-pressed': 'false', 'data-tip': tip, 'data-key': preset.key, 'aria-keyshortcuts': preset.key };
  return button(attributes, onClick, text.presets[preset.name]);
}

function iconButton(name: IconName, label: string, key: string | undefined, onClick: () => void): HTMLButtonElement {
  const attributes: Record<string, string> = { class: 'viewer-button is-icon', 'data-tip': label, 'aria-label': label };
  if (key) Object.assign(attributes, { 'data-key': key, 'aria-keyshortcuts': key });
  if (name === 'invert') attributes['aria-pressed'] = 'false';
  return button(attributes, onClick, icon(name));
}

function button(attributes: Record<string, string>, onClick: () => void, ...children: (Node | string)[]): HTMLButtonElement {
  const node = element('button', { type: 'button', ...attributes }, ...children);
  node.addEventListener('click', onClick);
  return node;
}

function press(node: HTMLElement, isPressed: boolean): void {
  node.setAttribute('aria-pressed', String(isPressed));
}

function nameButton(node: HTMLButtonElement, name: 'fullScreen' | 'leaveFullScreen', key: string): void {
  if (node.dataset.tip === text[name]) return;
  node.dataset.tip = text[name];
  node.dataset.key = key;
  node.setAttribute('aria-label', text[name]);
  node.replaceChildren(icon(name));
}
