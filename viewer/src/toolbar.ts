/** The bar of tools, window presets and view commands, and the menus that unfold from it. */

import { element } from './element';
import { icon, type IconName } from './icons';
import { createMenu, menuRow } from './menu';
import { MEASURES } from './measure';
import type { Preset, PresetName, Window } from './presets';
import type { MeasureKind } from './shapes';
import { text } from './text';
import type { HandTool, ToolName } from './tools';
import { LAYOUTS, type LayoutName } from './view-state';

export type ToolbarCommand =
  | 'invert' | 'rotate' | 'flip' | 'fit' | 'oneToOne' | 'reset' | 'clear' | 'help' | 'fullScreen' | 'link' | 'cine' | 'mpr' | 'marks' | 'copyLink' | 'dataSaver';

export interface ToolbarActions {
  chooseTool(tool: ToolName): void;
  choosePreset(preset: Preset): void;
  chooseWindow(window: Window): void;
  chooseLayout(layout: LayoutName): void;
  setSpeed(framesPerSecond: number): void;
  run(command: ToolbarCommand): void;
}

export interface ToolbarState {
  tool: ToolName;
  preset: PresetName | null;
  window: Window | null;
  layout: LayoutName;
  isLinked: boolean;
  isInverted: boolean;
  isFullScreen: boolean;
  isPlaying: boolean;
  isMpr: boolean;
  isSavingData: boolean;
  /** Null while no marks may be seen. */
  areMarksShown: boolean | null;
  measurementCount: number;
}

export interface Toolbar {
  node: HTMLElement;
  /** Where an author's own tools go. */
  panels: { layout: HTMLElement };
  open(tools: readonly HandTool[], presets: readonly Preset[], isStack: boolean, seriesCount: number): void;
  update(state: ToolbarState): void;
}

const MEASURE_KEYS: Record<MeasureKind, string> = { length: 'L', angle: 'A', bidirectional: 'B', ellipse: 'E', probe: 'P' };
const SLOWEST_FPS = 1;
const FASTEST_FPS = 30;

export function createToolbar(actions: ToolbarActions): Toolbar {
  const tools = group(text.toolGroup);
  const presets = group(text.windowGroup);
  const view = group(text.viewGroup);
  const toolButtons = new Map<HandTool, HTMLButtonElement>();
  const presetButtons = new Map<PresetName, HTMLButtonElement>();
  const command = (name: ToolbarCommand & IconName, key?: string) => iconButton(name, text.commands[name], key, () => actions.run(name));

  const measure = measureMenu(actions);
  const windows = windowMenu(actions);
  const layouts = layoutMenu(actions);
  const more = moreMenu(actions);
  const [mpr, marks, invert, reset, help] = [command('mpr', 'V'), command('marks', 'S'), command('invert', 'I'), command('reset', 'R'), command('help', '?')];
  const fullScreen = command('fullScreen', 'F');
  view.append(layouts.menu.node, mpr, marks, more.menu.node, invert, reset, help, fullScreen);
  const node = element('div', { class: 'viewer-toolbar' }, tools, presets, view);

  function open(names: readonly HandTool[], named: readonly Preset[], isStack: boolean, seriesCount: number): void {
    for (const name of names) if (!toolButtons.has(name)) toolButtons.set(name, toolButton(name, () => actions.chooseTool(name)));
    put(tools, [...names.map((name) => toolButtons.get(name)), measure.menu.node]);
    for (const preset of named) if (!presetButtons.has(preset.name)) presetButtons.set(preset.name, presetButton(preset, () => actions.choosePreset(preset)));
    put(presets, [...named.map(({ name }) => presetButtons.get(name)), windows.menu.node]);
    mpr.hidden = !isStack;
    more.openStack(isStack);
    layouts.offer(seriesCount);
  }

  function update(state: ToolbarState): void {
    for (const [name, button] of toolButtons) press(button, name === state.tool);
    for (const [name, button] of presetButtons) press(button, name === state.preset);
    measure.update(state);
    windows.update(state.window);
    layouts.update(state);
    more.update(state);
    press(invert, state.isInverted);
    press(mpr, state.isMpr);
    marks.hidden = state.areMarksShown === null;
    press(marks, Boolean(state.areMarksShown));
    nameButton(fullScreen, state.isFullScreen ? 'leaveFullScreen' : 'fullScreen', 'F');
  }

  return { node, panels: { layout: layouts.menu.panel }, open, update };
}

/** Exchanges the children only when they are others, so that the focus stays where it was. */
function put(parent: HTMLElement, children: (HTMLElement | undefined)[]): void {
  const wanted = children.filter((child) => child !== undefined);
  const isSame = wanted.length === parent.children.length && wanted.every((child, index) => parent.children[index] === child);
  if (!isSame) parent.replaceChildren(...wanted);
}

function measureMenu(actions: ToolbarActions) {
  const menu = createMenu('length', text.measureGroup, { word: text.measureGroup });
  const rows = new Map(MEASURES.map((kind) => [kind, menuRow(kind, text.measures[kind], () => choose(kind), MEASURE_KEYS[kind])]));
  const clear = menuRow('clear', text.commands.clear, () => actions.run('clear'));
  menu.panel.append(...rows.values(), clear);

  function choose(kind: MeasureKind): void {
    actions.chooseTool(kind);
    menu.close();
  }

  return {
    menu,
    update({ tool, measurementCount }: ToolbarState) {
      for (const [kind, row] of rows) press(row, kind === tool);
      menu.button.classList.toggle('is-on', rows.has(tool as MeasureKind));
      clear.hidden = measurementCount === 0;
    },
  };
}

/** Level and width in numbers, for whoever cannot drag and for whoever knows what they want. */
function windowMenu(actions: ToolbarActions) {
  const menu = createMenu('window', text.windowEntry);
  const level = numberField(text.level, { step: 1 });
  const width = numberField(text.width, { step: 1, min: 1 });
  const form = element('form', { class: 'viewer-fields' }, level.node, width.node, element('button', { class: 'viewer-button is-word is-solid' }, text.apply));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (width.input.valueAsNumber >= 1 && Number.isFinite(level.input.valueAsNumber)) {
      actions.chooseWindow({ centre: level.input.valueAsNumber, width: width.input.valueAsNumber });
    }
  });
  menu.panel.append(form);
  return {
    menu,
    update(window: Window | null) {
      if (!window || menu.panel.contains(document.activeElement)) return;
      level.input.value = String(Math.round(window.centre));
      width.input.value = String(Math.round(window.width));
    },
  };
}

function layoutMenu(actions: ToolbarActions) {
  const menu = createMenu('layout', text.layoutGroup);
  const rows = new Map((Object.keys(LAYOUTS) as LayoutName[]).map((name) => [name, layoutRow(name, () => actions.chooseLayout(name))]));
  const link = menuRow('link', text.commands.link, () => actions.run('link'), 'K');
  menu.panel.append(element('div', { class: 'viewer-layouts' }, ...rows.values()), link);
  return {
    menu,
    offer: (seriesCount: number) => (menu.node.hidden = seriesCount < 2),
    update({ layout, isLinked }: ToolbarState) {
      for (const [name, row] of rows) press(row, name === layout);
      press(link, isLinked);
      link.hidden = layout === '1x1';
    },
  };
}

function layoutRow(name: LayoutName, onClick: () => void): HTMLButtonElement {
  const { rows, columns } = LAYOUTS[name];
  const row = element('button', { type: 'button', class: 'viewer-row is-layout', 'aria-label': text.layout(rows, columns) }, `${rows} × ${columns}`);
  row.addEventListener('click', onClick);
  return row;
}

function moreMenu(actions: ToolbarActions) {
  const menu = createMenu('more', text.moreGroup);
  const row = (name: ToolbarCommand & IconName, key?: string) => menuRow(name, text.commands[name], () => actions.run(name), key);
  const cine = row('cine', 'C');
  const speed = numberField(text.speed, { step: 1, min: SLOWEST_FPS, max: FASTEST_FPS });
  const saver = row('dataSaver');
  speed.input.value = '8';
  speed.input.addEventListener('change', () => actions.setSpeed(Math.min(Math.max(speed.input.valueAsNumber || 8, SLOWEST_FPS), FASTEST_FPS)));
  menu.panel.append(row('rotate', 'T'), row('flip', 'H'), row('fit', '0'), row('oneToOne', 'X'), cine, speed.node, row('copyLink'), saver);
  return {
    menu,
    openStack(isStack: boolean) {
      cine.hidden = speed.node.hidden = !isStack;
    },
    update({ isPlaying, isSavingData }: ToolbarState) {
      press(cine, isPlaying);
      press(saver, isSavingData);
    },
  };
}

function numberField(label: string, bounds: Record<string, number>): { node: HTMLLabelElement; input: HTMLInputElement } {
  const input = element('input', { type: 'number', class: 'viewer-number', inputmode: 'numeric', ...bounds });
  return { node: element('label', { class: 'viewer-field' }, element('span', {}, label), input), input };
}

function group(label: string): HTMLElement {
  return element('div', { class: 'viewer-group', role: 'group', 'aria-label': label });
}

function toolButton(name: HandTool, onClick: () => void): HTMLButtonElement {
  const label = element('span', { class: 'viewer-button-word' }, text.tools[name]);
  return button({ class: 'viewer-button is-tool', 'aria-pressed': 'false', 'data-tip': text.tools[name] }, onClick, icon(name), label);
}

function presetButton(preset: Preset, onClick: () => void): HTMLButtonElement {
  const tip = `${preset.centre} / ${preset.width}`;
  const attributes = { class: 'viewer-button is-word', 'aria-pressed': 'false', 'data-tip': tip, 'data-key': preset.key, 'aria-keyshortcuts': preset.key };
  return button(attributes, onClick, text.presets[preset.name]);
}

const PRESSED: readonly string[] = ['invert', 'mpr', 'marks'];

function iconButton(name: IconName, label: string, key: string | undefined, onClick: () => void): HTMLButtonElement {
  const attributes: Record<string, string> = { class: 'viewer-button is-icon', 'data-tip': label, 'aria-label': label };
  if (key) Object.assign(attributes, { 'data-key': key, 'aria-keyshortcuts': key });
  if (PRESSED.includes(name)) attributes['aria-pressed'] = 'false';
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
  const label = text.commands[name];
  if (node.dataset.tip === label) return;
  node.dataset.tip = label;
  node.dataset.key = key;
  node.setAttribute('aria-label', label);
  node.replaceChildren(icon(name));
}

