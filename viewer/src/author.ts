/** What an author's page adds: drawing marks on images, and keeping the arrangement that readers begin with. */

import type { Cell } from './cell-contract';
import { element } from './element';
import { icon } from './icons';
import type { AuthorHooks } from './case-viewer';
import type { Grid } from './grid';
import { menuRow } from './menu';
import type { Mark, Marks } from './marks';
import type { Page } from './page';
import type { StackImage } from './series';
import type { ImagePoint, MarkKind, Shape } from './shapes';
import { text } from './text';
import type { Toolbar } from './toolbar';
import type { ToolName } from './tools';
import type { ViewState } from './view-state';

interface AuthorHost {
  page: Page;
  marks: Marks;
  toolbar: Toolbar;
  grid: Grid;
  stateNow(): ViewState;
  chooseTool(tool: ToolName): void;
  showMark(mark: Mark): Promise<void>;
  redrawAll(): void;
  say(words: string): void;
}

type Draft = Omit<Mark, 'number' | 'label'> & { number: number | null };

const KINDS: readonly MarkKind[] = ['arrow', 'ellipse', 'region', 'text'];
const ARROWS: Record<string, ImagePoint> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const LEAP = 10;

export function openAuthor(host: AuthorHost): AuthorHooks {
  const { page, marks, toolbar, grid, say } = host;
  const status = element('p', { class: 'viewer-author-status', role: 'status' });
  const list = element('ul', { class: 'viewer-author-marks', 'aria-label': text.author.marks });
  const words = wordsForm();
  const node = element('section', { class: 'viewer-author', 'aria-label': text.author.title }, drawTools(), words.node, list, status);
  page.section.append(node);
  toolbar.panels.layout.append(menuRow('save', text.author.saveLayout, () => void saveArrangement()));
  const save = element('button', { type: 'button', class: 'viewer-button is-word' }, icon('save'), text.author.saveLayout);
  save.addEventListener('click', () => void saveArrangement());
  node.querySelector('.viewer-author-tools')?.append(save);
  showList();

  function drawTools(): HTMLElement {
    const tools = element('div', { class: 'viewer-author-tools', role: 'group', 'aria-label': text.author.draw });
    for (const kind of KINDS) {
      const button = element('button', { type: 'button', class: 'viewer-button' }, icon(kind), text.markKinds[kind]);
      button.addEventListener('click', () => {
        host.chooseTool(`draw:${kind}`);
        grid.active().board.focus({ preventScroll: true });
      });
      tools.append(button);
    }
    return tools;
  }

  function wordsForm() {
    const [ko, en] = [field(text.author.wordsKo, 'ko'), field(text.author.wordsEn, 'en')];
    const submit = element('button', { class: 'viewer-button is-word is-solid' }, text.author.save);
    const drop = element('button', { type: 'button', class: 'viewer-button is-word' }, text.author.discard);
    const form = element('form', { class: 'viewer-fields' }, ko.node, en.node, submit, drop);
    let draft: Draft | null = null;
    form.hidden = true;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (draft) void saveMark({ ...draft, labelKo: ko.input.value.trim(), labelEn: en.input.value.trim() }).then((isKept) => isKept && close());
    });
    drop.addEventListener('click', close);

    function close(): void {
      form.hidden = true;
      draft = null;
      grid.active().board.focus({ preventScroll: true });
    }

    return {
      node: form,
      ask(asked: Draft) {
        draft = asked;
        [ko.input.value, en.input.value] = [asked.labelKo, asked.labelEn];
        form.hidden = false;
        (document.documentElement.lang.startsWith('ko') ? ko : en).input.focus();
      },
    };
  }

  function field(label: string, lang: string) {
    const input = element('input', { type: 'text', maxlength: 200, lang });
    return { node: element('label', { class: 'viewer-field' }, element('span', {}, label), input), input };
  }

  async function saveMark(draft: Draft): Promise<boolean> {
    return keep('POST', page.author?.marksUrl ?? '', draft);
  }

  async function keep(method: 'POST' | 'DELETE', url: string, body?: unknown): Promise<boolean> {
    const answer = await send(method, url, body);
    if (!answer) return false;
    marks.replace((answer as { marks: Mark[] }).marks);
    showList();
    host.redrawAll();
    tell(text.author.saved);
    return true;
  }

  async function send(method: 'POST' | 'DELETE', url: string, body?: unknown): Promise<unknown> {
    const headers = { 'Content-Type': 'application/json', 'X-CSRFToken': page.author?.csrf ?? '' };
    try {
      const answer = await fetch(url, { method, headers, credentials: 'same-origin', ...(body ? { body: JSON.stringify(body) } : {}) });
      const told = (await answer.json()) as { title?: string };
      if (answer.ok) return told;
      tell(told.title ?? text.author.failed);
    } catch {
      tell(text.author.failed);
    }
    return null;
  }

  async function saveArrangement(): Promise<void> {
    if (await send('POST', page.author?.arrangementUrl ?? '', host.stateNow())) tell(text.author.layoutSaved);
  }

  function tell(message: string): void {
    status.textContent = message;
  }

  function showList(): void {
    list.replaceChildren(...marks.all().map((mark) => element('li', {}, element('span', {}, `${mark.number}. ${text.markKinds[mark.kind]}: ${mark.label}`), ...actionsOn(mark))));
  }

  function actionsOn(mark: Mark): HTMLElement[] {
    const action = (word: string, run: () => void) => {
      const button = element('button', { type: 'button', class: 'viewer-button is-word', 'aria-label': `${word}: ${mark.number}` }, word);
      button.addEventListener('click', run);
      return button;
    };
    const remove = () => void keep('DELETE', `${page.author?.marksUrl}${mark.number}/`).then((isGone) => isGone && grid.active().board.focus({ preventScroll: true }));
    return [action(text.author.show, () => void host.showMark(mark)), action(text.author.words, () => words.ask(mark)), mover(mark), action(text.author.remove, remove)];
  }

  /** Its arrows move the mark; leaving it keeps the new place. */
  function mover(mark: Mark): HTMLElement {
    const button = element('button', { type: 'button', class: 'viewer-button is-word', 'data-own-keys': true, 'aria-label': `${text.author.moveHint}: ${mark.number}` }, text.author.move);
    let moved = mark;
    button.addEventListener('click', () => void host.showMark(mark).then(() => button.focus()));
    button.addEventListener('keydown', (event) => {
      const way = ARROWS[event.key];
      if (!way) return;
      event.preventDefault();
      const pace = event.shiftKey ? LEAP : 1;
      moved = { ...moved, points: moved.points.map(([x, y]) => [x + way[0] * pace, y + way[1] * pace]) };
      marks.replace(marks.all().map((each) => (each.number === mark.number ? moved : each)));
      host.redrawAll();
    });
    button.addEventListener('blur', () => {
      if (moved === mark) return;
      const { label: _shown, ...place } = moved;
      void saveMark(place);
    });
    return button;
  }

  return {
    drew(_cell: Cell, image: StackImage, { kind, points }: Shape) {
      const { sopInstanceUID, frame } = image;
      words.ask({ number: null, sopInstanceUID, frame, kind: kind as MarkKind, points, labelKo: '', labelEn: '' });
      say(text.author.askWords);
    },
  };
}
