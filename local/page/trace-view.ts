import { reportFromJson, type TraceReportJson } from '../control/control-api';
import type { TraceReport } from '../control/trace-report';
import type { Explanation } from '../trace/explanation';
import type { Span } from '../trace/span';
import { find, followTraces, get } from './api';
import { h } from './dom';
import { SpanPanel } from './span-panel';
import { ms } from './summary';
import { allRows, type Row, rowsOf } from './trace-rows';
import { hrefOf, replaceParameters, type View, type ViewContext } from './view';
import { WaterfallGrid } from './waterfall-grid';

interface Status {
  readonly services?: readonly { readonly name: string; readonly uri: string }[];
}

/** One trace: what it says, the waterfall, and what is known of the selected row. */
export async function traceView({ rest, parameters, signal }: ViewContext): Promise<View> {
  const path = `/traces/${encodeURIComponent(rest)}`;
  const json = rest ? await find<TraceReportJson>(path, signal) : undefined;
  if (!json) {
    const gone = `No trace '${rest}' is kept here: it is older than those that are, or has not arrived yet.`;
    return { title: 'No such trace', content: [h('h1', {}, 'There is no such trace'), h('p', {}, gone)] };
  }
  const status = await get<Status>('/status', signal);
  const names = new Map((status.services ?? []).map(({ name, uri }) => [new URL(uri).host, name]));
  const page = new TracePage(parameters, (address) => names.get(address), signal);
  await page.show(json);
  followTraces('', signal, {
    onTrace: ({ traceId }) => {
      if (traceId !== json.traceId) return;
      void find<TraceReportJson>(path, signal).then(
        (later) => later && page.show(later),
        (error: unknown) => signal.aborted || page.say(String(error)),
      );
    },
  });
  return { title: page.title, content: page.content, shown: () => page.begin() };
}

class TracePage {
  readonly content: readonly Node[];
  title = '';
  readonly #parameters: URLSearchParams;
  readonly #nameOf: (address: string) => string | undefined;
  readonly #signal: AbortSignal;
  readonly #header = h('div');
  readonly #found = h('span', { role: 'status' });
  readonly #search = h('input', { type: 'search', name: 'q', 'aria-keyshortcuts': '/', size: 24 });
  readonly #panel = new SpanPanel();
  readonly #grid = new WaterfallGrid((row) => this.#selected(row));
  #traceId = '';
  #report: TraceReport | undefined = undefined;
  #rows: readonly Row[] = [];
  #matches: readonly Row[] = [];
  #match = -1;

  constructor(
    parameters: URLSearchParams,
    nameOf: (address: string) => string | undefined,
    signal: AbortSignal,
  ) {
    this.#parameters = parameters;
    this.#nameOf = nameOf;
    this.#signal = signal;
    this.#search.value = parameters.get('q') ?? '';
    this.#search.addEventListener('input', () => this.#find());
    this.#search.addEventListener('keydown', (event) => {
      if (event.key === 'Enter') this.#step(event.shiftKey ? -1 : 1);
    });
    const search = h('label', {}, 'Search in this trace', this.#search);
    const keys =
      'Keys: arrows, Page Up/Down, Home and End move; left and right fold and unfold; Enter shows details; / searches, Enter goes to the next match.';
    this.content = [
      this.#header,
      h('div', { class: 'toolbar', role: 'search', 'aria-label': 'In this trace' }, search, this.#found),
      h('div', { class: 'trace' }, this.#grid.element, this.#panel.element),
      h('p', { class: 'hint' }, keys),
    ];
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal });
  }

  async show(json: TraceReportJson): Promise<void> {
    const report = reportFromJson(json);
    const first = this.#report === undefined;
    this.#traceId = report.traceId;
    this.#report = report;
    const path = `/traces/${report.traceId}`;
    const explanation = await find<Explanation>(`${path}/explanation`, this.#signal);
    const trace = rowsOf(report, this.#nameOf);
    this.#rows = allRows(trace.roots);
    const root = trace.roots[0]?.span;
    this.title = root ? titleOf(root) : `Trace ${report.traceId.slice(0, 8)}`;
    this.#header.replaceChildren(...this.#headerOf(report, explanation, root, trace.durationMs));
    this.#grid.show(trace);
    this.#find();
    if (first) this.#panel.show(undefined, report.logs);
  }

  /** Selects the row that the address names, once there is room to show it. */
  begin(): void {
    const row = this.#rows.find(({ id }) => id === this.#parameters.get('span'));
    if (row) this.#grid.select(row);
  }

  say(text: string): void {
    this.#found.textContent = text;
  }

  #headerOf(
    { spans, logs, assessment, traceId }: TraceReport,
    explanation: Explanation | undefined,
    root: Span | undefined,
    durationMs: number,
  ): Node[] {
    const failed = spans.filter((span) => span.status === 'error').length;
    const answer = root?.attributes['http.response.status_code'];
    const facts = [
      ...(answer === undefined ? [] : [`status ${String(answer)}`]),
      ms(durationMs),
      `${new Set(spans.map(({ service }) => service)).size} services`,
      `${spans.length} spans`,
      ...(failed > 0 ? [`${failed} failed`] : []),
      `${logs.length} log lines`,
    ];
    const save = h(
      'button',
      {
        type: 'button',
        onclick: () => void this.#export().catch((error: unknown) => this.say(String(error))),
      },
      'Export as OTLP JSON',
    );
    return [
      h('h1', {}, this.title),
      h('p', { class: 'facts' }, facts.join(' · ')),
      ...(explanation
        ? [
            h(
              'section',
              { class: 'explanation', 'aria-label': 'Explanation' },
              h('p', {}, explanation.paragraph),
              explanation.resource !== undefined &&
                h('p', {}, 'To change: ', h('code', {}, explanation.resource)),
              explanation.otherTraces &&
                h(
                  'p',
                  {},
                  'Other traces: ',
                  ...explanation.otherTraces.flatMap((id) => [
                    h('a', { href: hrefOf(`trace/${id}`) }, id.slice(0, 8)),
                    ' ',
                  ]),
                ),
            ),
          ]
        : []),
      ...(assessment.complete
        ? []
        : [
            h(
              'section',
              { class: 'problems', 'aria-label': 'What is missing' },
              h('p', {}, 'The trace is incomplete:'),
              h('ul', {}, ...assessment.problems.map((problem) => h('li', {}, problem))),
            ),
          ]),
      h(
        'p',
        { class: 'toolbar' },
        h('span', {}, 'Trace ', h('code', {}, traceId)),
        h('a', { href: hrefOf('logs', { trace: traceId }) }, 'Log lines'),
        save,
      ),
    ];
  }

  #selected(row: Row): void {
    this.#panel.show(row, this.#report?.logs ?? []);
    this.#parameters.set('span', row.id);
    this.#remember();
  }

  #remember(): void {
    if (!this.#grid.element.isConnected) return;
    replaceParameters(`trace/${this.#traceId}`, {
      span: this.#parameters.get('span') ?? undefined,
      q: this.#search.value,
    });
  }

  #find(): void {
    const wanted = this.#search.value.trim().toLowerCase();
    this.#matches = wanted === '' ? [] : this.#rows.filter((row) => textOf(row).includes(wanted));
    this.#match = -1;
    this.#grid.mark(new Set(this.#matches.map(({ id }) => id)));
    this.#found.textContent = wanted === '' ? '' : `${this.#matches.length} found`;
    this.#remember();
  }

  #step(by: number): void {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#match = (Math.max(this.#match, by < 0 ? 0 : -1) + by + length) % length;
    const row = this.#matches[this.#match];
    if (row) this.#grid.select(row);
    this.#found.textContent = `${this.#match + 1} of ${length} found`;
  }

  #onKey(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#search.select();
  }

  async #export(): Promise<void> {
    const otlp = await get<unknown>(`/traces/${this.#traceId}/otlp`, this.#signal);
    const url = URL.createObjectURL(new Blob([JSON.stringify(otlp)], { type: 'application/json' }));
    h('a', { href: url, download: `${this.#traceId}.otlp.json` }).click();
    URL.revokeObjectURL(url);
  }
}

/** Everything of a row that a search may find. */
function textOf({ name, service, span, logs, marks }: Row): string {
  const attributes = Object.entries(span?.attributes ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  const { spanId = '', statusMessage = '' } = span ?? {};
  const parts = [name, service, spanId, statusMessage, ...attributes, ...marks.map(({ text }) => text)];
  return [...parts, ...logs.map(({ message }) => message)].join('\n').toLowerCase();
}

/** Method and route where the root is a request, its name elsewhere. */
function titleOf({ name, service, attributes }: Span): string {
  const { 'http.request.method': method, 'http.route': route } = attributes;
  const request = method === undefined || route === undefined ? name : `${String(method)} ${String(route)}`;
  return `${service} ${request}`;
}
