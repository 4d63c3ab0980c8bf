import { messageOf } from '../logging/log-lines';
import type { LogEntry } from '../logging/log-store';
import type { AttributeValue } from '../trace/span';
import { h, table } from './dom';
import { ms } from './summary';
import { allRows, type Row } from './trace-rows';
import { hrefOf, timeOf } from './view';

type Scope = 'span' | 'below' | 'trace';

const SCOPES: readonly (readonly [Scope, string])[] = [
  ['span', 'this span'],
  ['below', 'with those below'],
  ['trace', 'whole trace'],
];

/** What is known of the selected row: its attributes, events and log lines. */
export class SpanPanel {
  readonly element = h('aside', { class: 'panel', 'aria-label': 'Details of the selected row' });
  readonly #logs = h('div', { class: 'scroll' });
  #scope: Scope = 'span';
  #row: Row | undefined = undefined;
  #all: readonly LogEntry[] = [];

  /** `all` are the log entries of the trace. */
  show(row: Row | undefined, all: readonly LogEntry[]): void {
    this.#row = row;
    this.#all = all;
    if (!row) {
      this.#scope = 'trace';
      this.element.replaceChildren(h('h2', {}, 'Log lines of the trace'), this.#logs);
    } else {
      const { span, service, name, startMs, endMs } = row;
      const facts = [
        ['service', service],
        ['starts at', ms(startMs)],
        ['lasts', ms(endMs - startMs)],
        ['kind', span?.kind],
        ['status', span && [span.status, span.statusMessage].filter(Boolean).join(': ')],
        ['span id', span?.spanId],
        ['parent', span?.parentSpanId],
      ].filter(([, text]) => text !== undefined);
      const refused = ['401', '403'].includes(String(span?.attributes['http.response.status_code']));
      const events = (span?.events ?? []).map((event) => [
        event.name,
        ms(Number(event.unixNano - (span?.startUnixNano ?? 0n)) / 1e6),
        Object.entries(event.attributes)
          .map(([key, value]) => `${key}: ${textOf(value)}`)
          .join('\n'),
      ]);
      this.element.replaceChildren(
        h('h2', {}, name),
        ...(refused
          ? [
              h(
                'p',
                {},
                h('a', { href: hrefOf('graph', { missing: 'true' }) }, 'Refused: see the missing grant'),
              ),
            ]
          : []),
        h('dl', {}, ...facts.flatMap(([title, text]) => [h('dt', {}, title), h('dd', {}, text)])),
        ...(span && Object.keys(span.attributes).length > 0
          ? [
              table(
                'Attributes',
                ['Name', 'Value'],
                Object.entries(span.attributes).map(([key, value]) => [key, textOf(value)]),
              ),
            ]
          : []),
        ...(events.length > 0 ? [table('Events', ['Event', 'After', 'Attributes'], events)] : []),
        this.#scopes(),
        this.#logs,
      );
    }
    this.#showLogs();
  }

  #scopes(): HTMLElement {
    const choices = SCOPES.map(([scope, label]) =>
      h(
        'label',
        {},
        h('input', {
          type: 'radio',
          name: 'scope',
          value: scope,
          checked: scope === this.#scope,
          onchange: () => {
            this.#scope = scope;
            this.#showLogs();
          },
        }),
        label,
      ),
    );
    return h('fieldset', {}, h('legend', {}, 'Log lines of'), ...choices);
  }

  #showLogs(): void {
    const row = this.#row;
    const below = row ? allRows([row]).flatMap(({ logs }) => logs) : [];
    const entries = this.#scope === 'trace' ? this.#all : this.#scope === 'below' ? below : (row?.logs ?? []);
    this.#logs.replaceChildren(
      entries.length > 0 ? logTable('Log lines', entries) : h('p', {}, 'No log line.'),
    );
  }
}

/** Log entries, oldest first. */
export function logTable(
  caption: string,
  entries: readonly LogEntry[],
  options: { readonly links?: boolean } = {},
): HTMLTableElement {
  const rows = entries
    .toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp))
    .map((entry) => [
      timeOf(Date.parse(entry.timestamp)),
      entry.service,
      h('span', { class: `severity ${entry.severity.toLowerCase()}` }, entry.severity),
      messageOf(entry),
      ...(options.links
        ? [
            entry.traceId !== undefined &&
              h(
                'a',
                { href: hrefOf(`trace/${entry.traceId}`, { span: entry.spanId }) },
                entry.traceId.slice(0, 8),
              ),
          ]
        : []),
    ]);
  const titles = ['Time (UTC)', 'Service', 'Severity', 'Message', ...(options.links ? ['Trace'] : [])];
  const drawn = table(caption, titles, rows);
  drawn.className = 'log';
  return drawn;
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
