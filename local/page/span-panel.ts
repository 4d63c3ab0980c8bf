import type { LogEntry } from '../logging/log-store';
import { HTTP_STATUS } from '../trace/attribute-names';
import { type AttributeValue, firstAttribute, type Span } from '../trace/span';
import { type Child, h, refill, scroll, table } from './dom';
import { logTable } from './log-table';
import { allRows, type Row } from './trace-rows';
import { hrefOf, ms, toMs } from './view';

/** Whose log lines are shown. */
const SCOPES = { span: 'this span', below: 'with those below', trace: 'whole trace' };

/** What is known of the selected row: its attributes, events and log lines. */
export class SpanPanel {
  readonly element = h('aside', { class: 'panel', 'aria-label': 'Details of the selected row' });
  readonly #logs = scroll();
  #scope = 'trace';
  #row: Row | undefined = undefined;
  #all: readonly LogEntry[] = [];

  /** `all` are the log entries of the trace. */
  show(row: Row | undefined, all: readonly LogEntry[]): void {
    this.#row = row;
    this.#all = all;
    const details = row ? [...detailsOf(row), this.#scopes()] : [h('h2', {}, 'Log lines of the trace')];
    refill(this.element, ...details, this.#logs);
    this.#showLogs();
  }

  #scopes(): HTMLElement {
    const choices = Object.entries(SCOPES).map(([value, label]) => {
      const onchange = (): void => {
        this.#scope = value;
        this.#showLogs();
      };
      const checked = value === this.#scope;
      return h('label', {}, h('input', { type: 'radio', name: 'scope', value, checked, onchange }), label);
    });
    return h('fieldset', {}, h('legend', {}, 'Log lines of'), ...choices);
  }

  #showLogs(): void {
    const rows = this.#row ? (this.#scope === 'below' ? allRows([this.#row]) : [this.#row]) : [];
    const entries = this.#scope === 'trace' ? this.#all : rows.flatMap(({ logs }) => logs);
    refill(this.#logs, entries.length > 0 ? logTable('Log lines', entries) : h('p', {}, 'No log line.'));
  }
}

function detailsOf({ span, service, name, startMs, endMs }: Row): Child[] {
  const facts = {
    service,
    'starts at': ms(startMs),
    lasts: ms(endMs - startMs),
    kind: span?.kind,
    status: span && [span.status, span.statusMessage].filter(Boolean).join(': '),
    'span id': span?.spanId,
    parent: span?.parentSpanId,
  };
  const known = Object.entries(facts).filter(([, text]) => text !== undefined);
  const isRefused = span && ['401', '403'].includes(String(firstAttribute(span, HTTP_STATUS)));
  const toGrant = h('a', { href: hrefOf('graph', { missing: 'true' }) }, 'Refused: see the missing grant');
  return [
    h('h2', {}, name),
    isRefused && h('p', {}, toGrant),
    h('dl', {}, ...known.flatMap(([title, text]) => [h('dt', {}, title), h('dd', {}, text)])),
    ...(span ? tablesOf(span) : []),
  ];
}

function tablesOf({ attributes, events, startUnixNano }: Span): HTMLElement[] {
  const pairs = Object.entries(attributes).map(([key, value]) => [key, textOf(value)]);
  const happened = events.map((event) => [
    event.name,
    ms(toMs(event.unixNano - startUnixNano)),
    Object.entries(event.attributes)
      .map(([key, value]) => `${key}: ${textOf(value)}`)
      .join('\n'),
  ]);
  return [
    ...(pairs.length > 0 ? [table('Attributes', ['Name', 'Value'], pairs)] : []),
    ...(happened.length > 0 ? [table('Events', ['Event', 'After', 'Attributes'], happened)] : []),
  ];
}

function textOf(value: AttributeValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
