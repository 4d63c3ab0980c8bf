import { followTraces, get, remove } from './api';
import { h, valuesOf } from './dom';
import { ms, type Summary, type SummaryJson, toSummary } from './summary';
import { hrefOf, replaceParameters, type View, type ViewContext } from './view';

/** Rows on the page; the filters find the others. */
const SHOWN = 200;

const TITLES = ['Time (UTC)', 'Entry', 'Status', 'Duration', 'Services', 'Kept because'];

/** Filters as they stand in the address and in the request. */
const FIELDS = [
  { name: 'text', label: 'Text', type: 'search' },
  { name: 'service', label: 'Service', type: 'text' },
  { name: 'route', label: 'Route', type: 'text' },
  { name: 'status', label: 'Status', type: 'text', placeholder: '504 or 5xx', size: 8 },
  { name: 'minDurationMs', label: 'At least ms', type: 'number', min: 0 },
] as const;

/** The newest traces, live, with filters. */
export async function tracesView({ parameters, signal }: ViewContext): Promise<View> {
  const list = new TraceList(parameters, signal);
  await list.load();
  return {
    title: 'Traces',
    content: [h('h1', {}, 'Traces'), list.form, list.toolbar, h('div', { class: 'scroll' }, list.table)],
  };
}

class TraceList {
  readonly form: HTMLFormElement;
  readonly toolbar: HTMLElement;
  readonly table: HTMLTableElement;
  readonly #signal: AbortSignal;
  readonly #status = h('span', { role: 'status' });
  readonly #pause = h(
    'button',
    { type: 'button', 'aria-pressed': 'false', onclick: () => this.#toggle() },
    'Pause',
  );
  readonly #body = h('tbody');
  #traces = new Map<string, Summary>();
  /** What arrives while the tail is paused. */
  readonly #waiting = new Map<string, Summary>();
  #paused = false;
  #connected = true;
  /** Why the filters cannot be applied. */
  #problem = '';
  #loading = new AbortController();

  constructor(parameters: URLSearchParams, signal: AbortSignal) {
    this.#signal = signal;
    const errors = h('input', {
      type: 'checkbox',
      name: 'errors',
      checked: parameters.get('errors') === 'true',
    });
    this.form = h(
      'form',
      { class: 'filters', role: 'search', 'aria-label': 'Filter traces', oninput: () => void this.load() },
      ...FIELDS.map(({ label, ...field }) =>
        h('label', {}, label, h('input', { ...field, value: parameters.get(field.name) ?? '' })),
      ),
      h('label', { class: 'check' }, errors, 'Errors only'),
    );
    this.form.addEventListener('submit', (event) => event.preventDefault());
    const clear = h('button', { type: 'button', onclick: () => void this.#clear() }, 'Clear traces');
    this.toolbar = h('p', { class: 'toolbar' }, this.#pause, clear, this.#status);
    this.table = h(
      'table',
      { class: 'traces' },
      h('caption', { class: 'heard' }, 'Traces, newest first'),
      h('thead', {}, h('tr', {}, ...TITLES.map((title) => h('th', { scope: 'col' }, title)))),
      this.#body,
    );
    signal.addEventListener('abort', () => this.#loading.abort());
  }

  /** Fetches what matches the filters, puts them into the address and follows what comes. */
  async load(): Promise<void> {
    this.#loading.abort();
    this.#loading = new AbortController();
    const { signal } = this.#loading;
    this.#problem = '';
    const filters = this.#filters();
    // Until the view is on the page, the address is that of another one, or says the same.
    if (this.form.isConnected) replaceParameters('traces', filters);
    const query = new URLSearchParams(filters).toString();
    try {
      // Followed first, so that nothing falls between the two.
      const early: Summary[] = [];
      let add = (summary: Summary): void => void early.push(summary);
      followTraces(query, signal, {
        onTrace: (json) => add(toSummary(json)),
        onConnected: (connected) => {
          this.#connected = connected;
          this.#describe();
        },
      });
      const found = (await get<SummaryJson[]>(`/traces?limit=${SHOWN}&${query}`, signal)) ?? [];
      this.#waiting.clear();
      this.#traces = new Map(found.map(toSummary).map((summary) => [summary.traceId, summary]));
      add = (summary) => this.#arrived(summary);
      for (const summary of early) this.#arrived(summary);
      this.#draw();
    } catch (error) {
      if (signal.aborted) return;
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#describe();
    }
  }

  #filters(): Record<string, string> {
    const given = Object.entries(valuesOf(this.form)).filter(([, value]) => value !== '');
    return Object.fromEntries(given.map(([name, value]) => [name, name === 'errors' ? 'true' : value]));
  }

  #arrived(summary: Summary): void {
    (this.#paused ? this.#waiting : this.#traces).set(summary.traceId, summary);
    if (this.#paused) this.#describe();
    else this.#draw();
  }

  #toggle(): void {
    this.#paused = !this.#paused;
    this.#pause.setAttribute('aria-pressed', String(this.#paused));
    for (const [traceId, summary] of this.#waiting) this.#traces.set(traceId, summary);
    this.#waiting.clear();
    this.#draw();
  }

  async #clear(): Promise<void> {
    if (await remove('/traces', this.#signal)) await this.load();
    else this.#status.textContent = 'This local cloud cannot clear its traces; a restart does.';
  }

  #draw(): void {
    const newest = [...this.#traces.values()]
      .toSorted((a, b) => b.startUnixMs - a.startUnixMs)
      .slice(0, SHOWN);
    this.#traces = new Map(newest.map((summary) => [summary.traceId, summary]));
    // A row that is the same stays, and with it the focus in it.
    const rows = new Map([...this.#body.rows].map((row) => [row.dataset['version'], row]));
    const drawn = newest.map((summary) => rows.get(JSON.stringify(summary)) ?? rowOf(summary));
    if (
      drawn.some((row, index) => this.#body.rows[index] !== row) ||
      drawn.length !== this.#body.rows.length
    ) {
      const focused = document.activeElement;
      this.#body.replaceChildren(...drawn);
      if (focused instanceof HTMLElement && this.#body.contains(focused)) focused.focus();
    }
    this.#describe();
  }

  #describe(): void {
    const count = this.#traces.size;
    const traces = count === 0 ? 'No trace matches' : `${count} ${count === 1 ? 'trace' : 'traces'}`;
    const more = count === SHOWN ? `, the newest ${SHOWN}` : '';
    const waiting = this.#paused ? `, paused, ${this.#waiting.size} new` : '';
    const lost = this.#connected ? '' : '. The local cloud does not answer; trying again.';
    this.#status.textContent = this.#problem || traces + more + waiting + lost;
  }
}

function rowOf(summary: Summary): HTMLTableRowElement {
  const { traceId, service, route, error } = summary;
  const link = h('a', { href: hrefOf(`trace/${traceId}`) }, `${service} ${route}`);
  return h(
    'tr',
    { class: error ? 'failed' : undefined, 'data-version': JSON.stringify(summary) },
    h('td', {}, summary.time),
    h('th', { scope: 'row' }, link),
    h('td', {}, [error ? '✕ failed' : '', summary.status].filter(Boolean).join(' ') || 'ok'),
    h('td', { class: 'number' }, ms(summary.durationMs)),
    h('td', {}, summary.services.join(' → ')),
    h('td', {}, summary.keptBecause),
  );
}
