import { h, heard } from './dom';
import { timeCell } from './time-cell';
import { allRows, type Row, type TraceRows } from './trace-rows';
import { ms } from './view';

/** As tall as a row is in the style sheet, in CSS pixels. */
const ROW_PX = 28;

/** Rows that are kept ready above and below those in sight. */
const AHEAD = 12;

/** What indents a row; deeper ones stand at the last level. */
const MAX_INDENT = 20;

const TITLES = ['Span', 'Service', 'Start', 'Duration'];

/**
 * The waterfall as a tree grid (WAI-ARIA Authoring Practices, "Treegrid Pattern", focus on rows). Only rows in sight are in
 * the document, and the one that has the focus.
 */
export class WaterfallGrid {
  readonly element: HTMLElement;
  readonly #onSelect: (row: Row) => void;
  readonly #body = h('div', { role: 'rowgroup', class: 'rows' });
  readonly #axis = h('div', { role: 'columnheader', class: 'time' });
  #drawn = new Map<string, HTMLElement>();
  #trace: TraceRows = { roots: [], startUnixMs: 0, durationMs: 0, services: [] };
  #rows: Row[] = [];
  readonly #closed = new Set<string>();
  #matches: ReadonlySet<string> = new Set();
  #active = 0;
  #selected = '';

  constructor(onSelect: (row: Row) => void) {
    this.#onSelect = onSelect;
    const titles = TITLES.map((title) => h('div', { role: 'columnheader' }, title));
    const head = h('div', { role: 'row', 'aria-rowindex': 1, class: 'row' }, ...titles, this.#axis);
    this.element = h(
      'div',
      {
        role: 'treegrid',
        class: 'waterfall',
        'aria-label': 'Waterfall',
        'aria-colcount': TITLES.length + 1,
        onscroll: () => this.#draw(),
        onkeydown: (event) => event instanceof KeyboardEvent && this.#onKey(event),
      },
      h('div', { role: 'rowgroup', class: 'heads' }, head),
      this.#body,
    );
    new ResizeObserver(() => this.#draw()).observe(this.element);
  }

  /** Shows another trace, or more of the same. */
  show(trace: TraceRows): void {
    this.#trace = trace;
    this.#axis.replaceChildren(h('span', {}, '0'), h('span', {}, ms(trace.durationMs)));
    this.#redraw();
  }

  /** Marks the rows that a search has found. */
  mark(matches: ReadonlySet<string>): void {
    this.#matches = matches;
    this.#redraw();
  }

  /** Makes the row visible and selects it; `focus` moves the keyboard's focus there too. */
  select(row: Row, focus = false): void {
    for (let above = row.parent; above; above = above.parent) this.#closed.delete(above.id);
    this.#selected = row.id;
    this.#redraw();
    this.#activate(this.#rows.indexOf(row), focus);
    this.#onSelect(row);
  }

  get #activeId(): string {
    return this.#rows[this.#active]?.id ?? '';
  }

  /** Draws all rows anew; the active one stays active, and keeps the focus. */
  #redraw(): void {
    const active = this.#activeId;
    const hadFocus = this.#body.contains(document.activeElement);
    this.#rows = allRows(this.#trace.roots, ({ id }) => this.#closed.has(id));
    this.#active = Math.max(
      this.#rows.findIndex(({ id }) => id === active),
      0,
    );
    this.element.setAttribute('aria-rowcount', String(this.#rows.length + 1));
    this.#body.style.height = `${this.#rows.length * ROW_PX}px`;
    this.#drawn.clear();
    this.#body.replaceChildren();
    this.#draw();
    if (hadFocus) this.#drawn.get(this.#activeId)?.focus({ preventScroll: true });
  }

  /** Puts what is in sight into the document and takes out what is not; what stays is not touched. */
  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const from = Math.floor(scrollTop / ROW_PX) - AHEAD;
    const to = Math.ceil((scrollTop + clientHeight) / ROW_PX) + AHEAD;
    const before = this.#drawn;
    this.#drawn = new Map();
    for (const [index, row] of this.#rows.entries()) {
      const wanted = (index >= from && index < to) || index === this.#active;
      if (wanted) this.#drawn.set(row.id, before.get(row.id) ?? this.#rowElement(row, index));
    }
    for (const [id, element] of before) if (!this.#drawn.has(id)) element.remove();
    // In the document's order too, because that is the order in which rows are read out.
    let next = this.#body.firstElementChild;
    for (const element of this.#drawn.values()) {
      if (element === next) next = next.nextElementSibling;
      else this.#body.insertBefore(element, next);
    }
  }

  #rowElement(row: Row, index: number): HTMLElement {
    const { children, kind, level, parent, service, startMs, endMs, span } = row;
    const siblings = parent?.children ?? this.#trace.roots;
    const open = children.length > 0 ? !this.#closed.has(row.id) : undefined;
    const found = this.#matches.has(row.id);
    const twisty = {
      class: 'twisty',
      'aria-hidden': 'true',
      onclick: () => this.#toggle(row),
    };
    const name = h(
      'div',
      { role: 'gridcell', class: 'name' },
      h('span', twisty, open === undefined ? '' : open ? '▾' : '▸'),
      found && heard('found: '),
      h('span', { class: 'text', title: row.name }, row.name),
    );
    name.style.setProperty('--level', String(Math.min(level - 1, MAX_INDENT)));
    const attributes = {
      role: 'row',
      class: `row ${kind}${span?.status === 'error' ? ' failed' : ''}${found ? ' found' : ''}`,
      tabindex: index === this.#active ? 0 : -1,
      'aria-level': level,
      'aria-posinset': siblings.indexOf(row) + 1,
      'aria-setsize': siblings.length,
      'aria-rowindex': index + 2,
      'aria-expanded': open === undefined ? undefined : String(open),
      'aria-selected': String(row.id === this.#selected),
      onfocus: () => this.#activate(index, false),
      onclick: () => this.select(row, true),
    };
    const element = h(
      'div',
      attributes,
      name,
      h('div', { role: 'gridcell' }, service),
      h('div', { role: 'gridcell', class: 'number' }, ms(startMs)),
      h('div', { role: 'gridcell', class: 'number' }, ms(endMs - startMs)),
      timeCell(row, this.#trace),
    );
    element.style.transform = `translateY(${index * ROW_PX}px)`;
    return element;
  }

  /** Makes a row the one that the keyboard is at, and scrolls it into sight. */
  #activate(index: number, focus: boolean): void {
    const row = this.#rows[index];
    if (!row) return;
    this.#drawn.get(this.#activeId)?.setAttribute('tabindex', '-1');
    this.#active = index;
    const { scrollTop, clientHeight } = this.element;
    // The head takes a row's room.
    const lowest = (index + 2) * ROW_PX - clientHeight;
    this.element.scrollTop = Math.min(Math.max(scrollTop, lowest), index * ROW_PX);
    this.#draw();
    const element = this.#drawn.get(row.id);
    element?.setAttribute('tabindex', '0');
    if (focus) element?.focus({ preventScroll: true });
  }

  #toggle(row: Row): void {
    if (!this.#closed.delete(row.id)) this.#closed.add(row.id);
    this.#redraw();
  }

  #onKey(event: KeyboardEvent): void {
    const row = this.#rows[this.#active];
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(Math.floor(this.element.clientHeight / ROW_PX) - 2, 1);
    const last = this.#rows.length - 1;
    const to: Readonly<Record<string, number>> = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: last,
    };
    const isOpen = row.children.length > 0 && !this.#closed.has(row.id);
    const index = to[event.key];
    if (index !== undefined) this.#activate(Math.min(Math.max(index, 0), last), true);
    else if (event.key === 'ArrowRight' && isOpen) this.#activate(this.#active + 1, true);
    else if (event.key === 'ArrowRight' && row.children.length > 0) this.#toggle(row);
    else if (event.key === 'ArrowLeft' && isOpen) this.#toggle(row);
    else if (event.key === 'ArrowLeft' && row.parent) this.#activate(this.#rows.indexOf(row.parent), true);
    else if (event.key === 'Enter' || event.key === ' ') this.select(row, true);
    else return;
    event.preventDefault();
  }
}
