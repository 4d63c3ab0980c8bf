import type { TraceSummaryJson } from '../control/control-api';
import { followTraces, get, remove } from './api';
import { h, scroll, table } from './dom';
import { filterForm, filtersOf } from './filter-form';
import { count, hrefOf, ms, requestOf, timeOf, toMs, type View, type ViewContext } from './view';

/** Rows on the page; the filters find the others. */
const SHOWN = 200;

const TITLES = ['Time (UTC)', 'Entry', 'Status', 'Duration', 'Services', 'Kept because'];

/** Filters as they stand in the address and in the request. */
const FIELDS = [
  { name: 'text', label: 'Text', type: 'search' },
  { name: 'service', label: 'Service' },
  { name: 'route', label: 'Route' },
  { name: 'status', label: 'Status', placeholder: '504 or 5xx', size: 8 },
  { name: 'minDurationMs', label: 'At least ms', type: 'number', min: 0 },
  { name: 'errors', label: 'Errors only', type: 'checkbox' },
] as const;

/** The newest traces, live, with filters. */
export async function tracesView({ parameters, signal }: ViewContext): Promise<View> {
  const list = new TraceList(parameters, signal);
  await list.load();
  return { title: 'Traces', content: [list.form, list.toolbar, scroll(list.table)] };
}

class TraceList {
  readonly form: HTMLFormElement;
  readonly toolbar: HTMLElement;
  readonly table = table('Newest first', TITLES, []);
  readonly #signal: AbortSignal;
  readonly #status = h('span', { role: 'status' });
  readonly #pause = h('button', { 'aria-pressed': 'false', onclick: () => this.#toggle() }, 'Pause');
  #traces = new Map<string, TraceSummaryJson>();
  /** What arrives while the tail is paused. */
  readonly #waiting = new Map<string, TraceSummaryJson>();
  #paused = false;
  #connected = true;
  /** Why the filters cannot be applied. */
  #problem = '';
  #loading = new AbortController();

  constructor(parameters: URLSearchParams, signal: AbortSignal) {
    this.#signal = signal;
    const onFilter = (): void => void this.load();
    this.form = filterForm('Filter traces', FIELDS, parameters, { on: 'input', onFilter });
    const clear = h('button', { onclick: () => void this.#clear() }, 'Clear traces');
    this.toolbar = h('p', { class: 'toolbar' }, this.#pause, clear, this.#status);
    signal.addEventListener('abort', () => this.#loading.abort());
  }

  /** Fetches what matches the filters, puts them into the address and follows what comes. */
  async load(): Promise<void> {
    this.#loading.abort();
    const { signal } = (this.#loading = new AbortController());
    this.#problem = '';
    const filters = filtersOf(this.form);
    // Until the view is on the page, the address is that of another one, or says the same.
    if (this.form.isConnected) history.replaceState(null, '', hrefOf('traces', filters));
    const query = new URLSearchParams(filters).toString();
    try {
      // Followed first, so that nothing falls between the two.
      const early: TraceSummaryJson[] = [];
      let add = (trace: TraceSummaryJson): void => void early.push(trace);
      followTraces(query, signal, {
        onTrace: (trace) => add(trace),
        onConnected: (connected) => {
          this.#connected = connected;
          this.#describe();
        },
      });
      const found = await get<TraceSummaryJson[]>(`/traces?limit=${SHOWN}&${query}`, signal);
      this.#waiting.clear();
      this.#traces = new Map(found.map((trace) => [trace.traceId, trace]));
      add = (trace) => this.#arrived(trace);
      for (const trace of early) this.#arrived(trace);
      this.#draw();
    } catch (error) {
      if (!signal.aborted) this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    this.#problem = error instanceof Error ? error.message : String(error);
    this.#describe();
  }

  #arrived(trace: TraceSummaryJson): void {
    (this.#paused ? this.#waiting : this.#traces).set(trace.traceId, trace);
    if (this.#paused) this.#describe();
    else this.#draw();
  }

  #toggle(): void {
    this.#paused = !this.#paused;
    this.#pause.setAttribute('aria-pressed', String(this.#paused));
    for (const [traceId, trace] of this.#waiting) this.#traces.set(traceId, trace);
    this.#waiting.clear();
    this.#draw();
  }

  async #clear(): Promise<void> {
    try {
      await remove('/traces', this.#signal);
    } catch (error) {
      return this.#fail(error);
    }
    await this.load();
  }

  #draw(): void {
    const newest = [...this.#traces.values()]
      .toSorted((a, b) => toMs(b.startUnixNano) - toMs(a.startUnixNano))
      .slice(0, SHOWN);
    this.#traces = new Map(newest.map((trace) => [trace.traceId, trace]));
    const [body = this.table.createTBody()] = this.table.tBodies;
    // A row that is the same stays, and with it the focus in it.
    const rows = new Map([...body.rows].map((row) => [row.dataset['version'], row]));
    const drawn = newest.map((trace) => rows.get(JSON.stringify(trace)) ?? rowOf(trace));
    if (drawn.length !== body.rows.length || drawn.some((row, index) => body.rows[index] !== row)) {
      const focused = document.activeElement;
      body.replaceChildren(...drawn);
      if (focused instanceof HTMLElement && body.contains(focused)) focused.focus();
    }
    this.#describe();
  }

  #describe(): void {
    const { size } = this.#traces;
    const traces = size === 0 ? 'No trace matches' : count(size, 'trace');
    const more = size === SHOWN ? `, the newest ${SHOWN}` : '';
    const waiting = this.#paused ? `, paused, ${this.#waiting.size} new` : '';
    const lost = this.#connected ? '' : '. The local cloud does not answer; trying again.';
    this.#status.textContent = this.#problem || traces + more + waiting + lost;
  }
}

function rowOf(trace: TraceSummaryJson): HTMLTableRowElement {
  const { traceId, startUnixNano, durationNano, error, status, services, keptBecause } = trace;
  const link = h('a', { href: hrefOf(`trace/${traceId}`) }, requestOf(trace));
  return h(
    'tr',
    { class: error && 'failed', 'data-version': JSON.stringify(trace) },
    h('td', {}, timeOf(toMs(startUnixNano))),
    h('th', { scope: 'row' }, link),
    h('td', {}, [error && '✕ failed', status].filter(Boolean).join(' ') || 'ok'),
    h('td', { class: 'number' }, ms(toMs(durationNano))),
    h('td', {}, services.join(' → ')),
    h('td', {}, keptBecause),
  );
}
