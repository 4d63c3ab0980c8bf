import { reportFromJson, type TraceReportJson } from '../control/control-api';
import type { TraceReport } from '../control/trace-report';
import { messageOf } from '../logging/log-lines';
import type { Explanation } from '../trace/explanation';
import { summarize } from '../trace/trace-summary';
import { find, followTraces, get } from './api';
import { type Child, h, refill } from './dom';
import { SpanPanel } from './span-panel';
import { allRows, type NameOf, type Row, rowsOf } from './trace-rows';
import { count, hrefOf, ms, requestOf, toMs, type View, type ViewContext } from './view';
import { WaterfallGrid } from './waterfall-grid';

interface Status {
  readonly services?: readonly { readonly name: string; readonly uri: string }[];
}

const KEYS =
  'Keys: arrows, Page Up/Down, Home and End move; left and right fold and unfold; Enter shows details; / searches, Enter goes to the next match.';

/** One trace: what it says, the waterfall, and what is known of the selected row. */
export async function traceView(context: ViewContext): Promise<View> {
  const { rest, signal } = context;
  const path = `/traces/${encodeURIComponent(rest)}`;
  const json = rest ? await find<TraceReportJson>(path, signal) : undefined;
  if (!json) {
    const gone = `No trace '${rest}' is kept here: it is older than those that are, or has not arrived yet.`;
    return { title: 'There is no such trace', content: [h('p', {}, gone)] };
  }
  const { services = [] } = await get<Status>('/status', signal);
  const names = new Map(services.map(({ name, uri }) => [new URL(uri).host, name]));
  const page = new TracePage(context, (address) => names.get(address));
  const title = await page.show(json);
  followTraces('', signal, {
    onTrace: ({ traceId }) => {
      if (traceId !== json.traceId) return;
      void find<TraceReportJson>(path, signal)
        .then((later) => later && page.show(later))
        .catch((error: unknown) => signal.aborted || page.say(String(error)));
    },
  });
  return { title, content: page.content, shown: () => page.begin() };
}

class TracePage {
  readonly content: readonly Child[];
  readonly #context: ViewContext;
  readonly #nameOf: NameOf;
  readonly #header = h('div');
  readonly #found = h('span', { role: 'status' });
  readonly #search: HTMLInputElement;
  readonly #panel = new SpanPanel();
  readonly #grid = new WaterfallGrid((row) => this.#selected(row));
  #report: TraceReport | undefined = undefined;
  #rows: readonly Row[] = [];
  #matches: readonly Row[] = [];
  #match = -1;

  constructor(context: ViewContext, nameOf: NameOf) {
    this.#context = context;
    this.#nameOf = nameOf;
    this.#search = h('input', {
      type: 'search',
      value: context.parameters.get('q') ?? '',
      'aria-keyshortcuts': '/',
      oninput: () => this.#find(),
      onkeydown: (event) => {
        if (event instanceof KeyboardEvent && event.key === 'Enter') this.#step(event.shiftKey ? -1 : 1);
      },
    });
    const search = h('label', {}, 'Search in this trace', this.#search);
    this.content = [
      this.#header,
      h('div', { class: 'toolbar', role: 'search', 'aria-label': 'In this trace' }, search, this.#found),
      h('div', { class: 'trace' }, this.#grid.element, this.#panel.element),
      h('p', { class: 'muted' }, KEYS),
    ];
    document.addEventListener('keydown', (event) => this.#onKey(event), { signal: context.signal });
  }

  /** Shows the trace as it is now, and returns its title. */
  async show(json: TraceReportJson): Promise<string> {
    const report = reportFromJson(json);
    const { traceId, spans, logs } = report;
    const { retitle, signal } = this.#context;
    const explanation = await find<Explanation>(`/traces/${traceId}/explanation`, signal);
    if (!this.#report) this.#panel.show(undefined, logs);
    this.#report = report;
    const trace = rowsOf(report, this.#nameOf);
    this.#rows = allRows(trace.roots);
    refill(this.#header, ...this.#headerOf(report, explanation));
    this.#grid.show(trace);
    this.#find();
    const title = requestOf(summarize(traceId, spans)) || `Trace ${traceId.slice(0, 8)}`;
    retitle(title);
    return title;
  }

  /** Selects the row that the address names, once there is room to show it. */
  begin(): void {
    const row = this.#rows.find(({ id }) => id === this.#context.parameters.get('span'));
    if (row) this.#grid.select(row);
  }

  say(text: string): void {
    this.#found.textContent = text;
  }

  #headerOf(report: TraceReport, explanation: Explanation | undefined): Child[] {
    const { spans, logs, assessment, traceId } = report;
    const { services, status, durationNano } = summarize(traceId, spans);
    const failed = spans.filter((span) => span.status === 'error').length;
    const facts = [
      status !== undefined && `status ${status}`,
      ms(toMs(durationNano)),
      count(services.length, 'service'),
      count(spans.length, 'span'),
      failed > 0 && `${failed} failed`,
      count(logs.length, 'log line'),
    ];
    const onclick = (): void => void this.#export().catch((error: unknown) => this.say(String(error)));
    const problems = assessment.problems.map((problem) => h('li', {}, problem));
    return [
      h('p', { class: 'muted' }, facts.filter(Boolean).join(' · ')),
      explanation && explanationOf(explanation),
      !assessment.complete &&
        h(
          'section',
          { class: 'box bad', 'aria-label': 'What is missing' },
          h('p', {}, 'The trace is incomplete:'),
          h('ul', {}, ...problems),
        ),
      h(
        'p',
        { class: 'toolbar' },
        h('span', {}, 'Trace ', h('code', {}, traceId)),
        h('a', { href: hrefOf('logs', { trace: traceId }) }, 'Log lines'),
        h('button', { onclick }, 'Export as OTLP JSON'),
      ),
    ];
  }

  #selected(row: Row): void {
    this.#panel.show(row, this.#report?.logs ?? []);
    this.#context.parameters.set('span', row.id);
    this.#remember();
  }

  /** Puts what is selected and searched for into the address. */
  #remember(): void {
    if (!this.#grid.element.isConnected) return;
    const span = this.#context.parameters.get('span') ?? undefined;
    const parameters = { span, q: this.#search.value };
    history.replaceState(null, '', hrefOf(`trace/${this.#report?.traceId}`, parameters));
  }

  #find(): void {
    const wanted = this.#search.value.trim().toLowerCase();
    this.#matches = wanted === '' ? [] : this.#rows.filter((row) => textOf(row).includes(wanted));
    this.#match = -1;
    this.#grid.mark(new Set(this.#matches.map(({ id }) => id)));
    this.say(wanted === '' ? '' : `${this.#matches.length} found`);
    this.#remember();
  }

  #step(by: number): void {
    const { length } = this.#matches;
    if (length === 0) return;
    this.#match = (Math.max(this.#match, by < 0 ? 0 : -1) + by + length) % length;
    const row = this.#matches[this.#match];
    if (row) this.#grid.select(row);
    this.say(`${this.#match + 1} of ${length} found`);
  }

  #onKey(event: KeyboardEvent): void {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#search.select();
  }

  async #export(): Promise<void> {
    const traceId = this.#report?.traceId;
    const otlp = await get<unknown>(`/traces/${traceId}/otlp`, this.#context.signal);
    const url = URL.createObjectURL(new Blob([JSON.stringify(otlp)], { type: 'application/json' }));
    h('a', { href: url, download: `${traceId}.otlp.json` }).click();
    URL.revokeObjectURL(url);
  }
}

function explanationOf({ paragraph, resource, otherTraces = [] }: Explanation): HTMLElement {
  const links = otherTraces.flatMap((id) => [' ', h('a', { href: hrefOf(`trace/${id}`) }, id.slice(0, 8))]);
  return h(
    'section',
    { class: 'box', 'aria-label': 'Explanation' },
    h('p', {}, paragraph),
    resource !== undefined && h('p', {}, 'To change: ', h('code', {}, resource)),
    links.length > 0 && h('p', {}, 'Other traces:', ...links),
  );
}

/** Everything of a row that a search may find. */
function textOf({ name, service, span, logs }: Row): string {
  const { spanId = '', statusMessage = '', attributes = {}, events = [] } = span ?? {};
  const pairs = Object.entries(attributes).map(([key, value]) => `${key}=${String(value)}`);
  const lines = logs.flatMap((entry) => [`${entry.severity} ${messageOf(entry)}`, entry.message]);
  const parts = [
    name,
    service,
    spanId,
    statusMessage,
    ...pairs,
    ...events.map((event) => event.name),
    ...lines,
  ];
  return parts.join('\n').toLowerCase();
}
