import { h, heard } from './dom';
import { ms } from './summary';
import { allRows, type Interval, type Row, type TraceRows } from './trace-rows';

/** As tall as a row is in the style sheet, in CSS pixels. */
const ROW_PX = 28;

/** Rows that are kept ready above and below those in sight. */
const AHEAD = 12;

/** What indents a row; deeper ones stand at the last level. */
const MAX_INDENT = 20;

/** Colours of services in the style sheet. */
const COLOURS = 8;

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
  readonly #drawn = new Map<string, HTMLElement>();
  #trace: TraceRows = { roots: [], durationMs: 0, services: [], outside: [] };
  #rows: Row[] = [];
  readonly #closed = new Set<string>();
  #matches: ReadonlySet<string> = new Set();
  #active = 0;
  #selected = '';

  constructor(onSelect: (row: Row) => void) {
    this.#onSelect = onSelect;
    const head = h(
      'div',
      { role: 'row', 'aria-rowindex': 1, class: 'row head' },
      ...TITLES.map((title) => h('div', { role: 'columnheader' }, title)),
      this.#axis,
    );
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
    this.#activate(
      this.#rows.findIndex(({ id }) => id === row.id),
      focus,
    );
    this.#onSelect(row);
  }

  #redraw(): void {
    const active = this.#rows[this.#active]?.id;
    const hadFocus = this.#body.contains(document.activeElement);
    this.#rows = allRows(this.#trace.roots, ({ id }) => this.#closed.has(id));
    const index = this.#rows.findIndex(({ id }) => id === active);
    this.#active = Math.max(index, 0);
    this.element.setAttribute('aria-rowcount', String(this.#rows.length + 1));
    this.#body.style.height = `${this.#rows.length * ROW_PX}px`;
    this.#drawn.clear();
    this.#body.replaceChildren();
    this.#draw();
    if (hadFocus) this.#drawn.get(this.#rows[this.#active]?.id ?? '')?.focus({ preventScroll: true });
  }

  /** Puts what is in sight into the document and takes out what is not. */
  #draw(): void {
    const { scrollTop, clientHeight } = this.element;
    const from = Math.max(Math.floor(scrollTop / ROW_PX) - AHEAD, 0);
    const to = Math.ceil((scrollTop + clientHeight) / ROW_PX) + AHEAD;
    const wanted = new Map<string, number>();
    for (let index = from; index < Math.min(to, this.#rows.length); index += 1)
      wanted.set(this.#rows[index]?.id ?? '', index);
    const active = this.#rows[this.#active];
    if (active) wanted.set(active.id, this.#active);
    for (const [id, element] of this.#drawn) {
      if (wanted.has(id)) continue;
      element.remove();
      this.#drawn.delete(id);
    }
    // In the document's order too, because that is the order in which rows are read out.
    let before: HTMLElement | undefined = undefined;
    for (const [id, index] of [...wanted].toSorted(([, a], [, b]) => a - b)) {
      const row = this.#rows[index];
      const element: HTMLElement | undefined = this.#drawn.get(id) ?? (row && this.#rowElement(row, index));
      if (!element) continue;
      this.#drawn.set(id, element);
      if (!element.isConnected || element.parentElement !== this.#body) {
        if (before) before.after(element);
        else this.#body.prepend(element);
      }
      before = element;
    }
  }

  #rowElement(row: Row, index: number): HTMLElement {
    const siblings = row.parent?.children ?? this.#trace.roots;
    const open = row.children.length > 0 ? !this.#closed.has(row.id) : undefined;
    const colour = this.#trace.services.indexOf(row.service);
    const found = this.#matches.has(row.id);
    const name = h(
      'div',
      { role: 'gridcell', class: 'name' },
      h(
        'span',
        { class: 'twisty', 'aria-hidden': 'true', onclick: () => this.#toggle(row) },
        open === undefined ? '' : open ? '▾' : '▸',
      ),
      found && heard('found: '),
      h('span', { class: 'text', title: row.name }, row.name),
    );
    name.style.setProperty('--level', String(Math.min(row.level - 1, MAX_INDENT)));
    const element = h(
      'div',
      {
        role: 'row',
        class: ['row', row.kind, row.failed && 'failed', found && 'found'].filter(Boolean).join(' '),
        tabindex: index === this.#active ? 0 : -1,
        'aria-level': row.level,
        'aria-posinset': siblings.indexOf(row) + 1,
        'aria-setsize': siblings.length,
        'aria-rowindex': index + 2,
        'aria-expanded': open === undefined ? undefined : String(open),
        'aria-selected': String(row.id === this.#selected),
        'data-colour': row.kind === 'span' && colour >= 0 ? colour % COLOURS : undefined,
        'data-span': row.id,
        onfocus: () => this.#activate(index, false),
        onclick: () => this.select(row, true),
      },
      name,
      h('div', { role: 'gridcell', class: 'service' }, row.service),
      h('div', { role: 'gridcell', class: 'number' }, ms(row.startMs)),
      h('div', { role: 'gridcell', class: 'number' }, ms(row.endMs - row.startMs)),
      this.#timeCell(row),
    );
    element.style.transform = `translateY(${index * ROW_PX}px)`;
    return element;
  }

  /** The bar with what happened on it, and the same in words. */
  #timeCell(row: Row): HTMLElement {
    const { critical, deadlines, marks } = row;
    const own = deadlines.filter((mark) => mark.own);
    const errors = marks.filter(({ kind }) => kind === 'error').length;
    const logs = marks.filter(({ kind }) => kind !== 'event').length;
    const words = [
      row.failed && `failed${row.span?.statusMessage ? `: ${row.span.statusMessage}` : ''}`,
      row.orphan === 'missing-parent' && 'orphan: its parent has not arrived',
      row.orphan === 'cycle' && 'it is its own ancestor',
      row.kind === 'peer' && 'sends no spans of its own',
      row.kind === 'dark' && 'no span explains this time',
      critical.length > 0 &&
        `${ms(critical.reduce((sum, part) => sum + lengthOf(part), 0))} on the critical path`,
      ...own.map(
        (mark) =>
          `deadline of ${mark.ms.toLocaleString('en')} ms ${mark.atMs < row.endMs ? 'passed' : 'kept'}`,
      ),
      logs > 0 &&
        `${logs} log ${logs === 1 ? 'line' : 'lines'}${errors > 0 ? `, ${errors} of them errors` : ''}`,
    ].filter((word) => typeof word === 'string');
    return h(
      'div',
      { role: 'gridcell', class: 'time', title: words.join('\n') },
      this.#place(h('span', { class: 'bar' }), row),
      ...critical.map((part) => this.#place(h('span', { class: 'critical' }), part)),
      ...deadlines.map((mark) =>
        this.#place(h('span', { class: mark.own ? 'deadline own' : 'deadline' }), {
          startMs: mark.atMs,
          endMs: mark.atMs,
        }),
      ),
      ...marks.map(({ kind, atMs }) =>
        this.#place(h('span', { class: `mark ${kind}` }), { startMs: atMs, endMs: atMs }),
      ),
      row.orphan && h('span', { class: 'note' }, row.orphan === 'cycle' ? 'its own ancestor' : 'orphan'),
      heard(words.join('; ')),
    );
  }

  #place(element: HTMLElement, { startMs, endMs }: Interval): HTMLElement {
    const percent = (time: number): number =>
      this.#trace.durationMs === 0 ? 0 : Math.min(Math.max((time / this.#trace.durationMs) * 100, 0), 100);
    element.style.left = `${percent(startMs)}%`;
    if (endMs > startMs) element.style.width = `${percent(endMs) - percent(startMs)}%`;
    return element;
  }

  #activate(index: number, focus: boolean): void {
    const row = this.#rows[index];
    if (!row) return;
    this.#drawn.get(this.#rows[this.#active]?.id ?? '')?.setAttribute('tabindex', '-1');
    this.#active = index;
    const head = ROW_PX;
    const { scrollTop, clientHeight } = this.element;
    if (index * ROW_PX < scrollTop) this.element.scrollTop = index * ROW_PX;
    else if ((index + 1) * ROW_PX + head > scrollTop + clientHeight)
      this.element.scrollTop = (index + 1) * ROW_PX + head - clientHeight;
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
      ArrowDown: Math.min(this.#active + 1, last),
      ArrowUp: Math.max(this.#active - 1, 0),
      PageDown: Math.min(this.#active + page, last),
      PageUp: Math.max(this.#active - page, 0),
      Home: 0,
      End: last,
    };
    const isOpen = row.children.length > 0 && !this.#closed.has(row.id);
    const index = to[event.key];
    if (index !== undefined) this.#activate(index, true);
    else if (event.key === 'ArrowRight' && isOpen) this.#activate(this.#active + 1, true);
    else if (event.key === 'ArrowRight' && row.children.length > 0) this.#toggle(row);
    else if (event.key === 'ArrowLeft' && isOpen) this.#toggle(row);
    else if (event.key === 'ArrowLeft' && row.parent) this.#activate(this.#rows.indexOf(row.parent), true);
    else if (event.key === 'Enter' || event.key === ' ') this.select(row, true);
    else return;
    event.preventDefault();
  }
}

function lengthOf({ startMs, endMs }: Interval): number {
  return endMs - startMs;
}
