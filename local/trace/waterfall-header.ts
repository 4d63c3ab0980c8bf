import type { LogEntry } from '../logging/log-store';
import { oneLine, paint, SGR, truncate } from '../logging/terminal-text';
import { formatDuration } from './milliseconds';
import type { AttributeValue, Span } from './span';
import { durationOf } from './waterfall-layout';

/** Attribute names of HTTP's semantic conventions; each with the name it had before they became stable. */
const METHOD = ['http.request.method', 'http.method'];
const ROUTE = ['http.route', 'url.path'];
const STATUS = ['http.response.status_code', 'http.status_code'];

/** Three lines: what was asked, what came of it and how long that took; what there is to see; the trace id. */
export function renderHeader(
  spans: readonly Span[],
  logs: readonly LogEntry[],
  options: { readonly root: Span | undefined; readonly width: number; readonly colour: boolean },
): string[] {
  const { root, width, colour } = options;
  const traceId = spans[0]?.traceId ?? logs[0]?.traceId ?? '';
  const failed = spans.filter((span) => span.status === 'error').length;
  const counts = [
    count(new Set(spans.map((span) => span.service)).size, 'service'),
    count(spans.length, 'span'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    count(logs.length, 'log line'),
  ];
  const status = root && first(root, STATUS);
  const asked = root ? oneLine(titleOf(root)) : 'No span of this trace has arrived';
  const outcome = root
    ? [...(status === undefined ? [] : [String(status)]), formatDuration(durationOf(root))]
    : [];
  const answer = outcome.map((part) => `   ${oneLine(part)}`).join('');
  return [
    `  ${paint(truncate(asked, width - 2 - answer.length), SGR.bold, colour)}${answer}`,
    `  ${paint(truncate(counts.join(', '), width - 2), SGR.dim, colour)}`,
    `  ${paint(truncate(`trace ${traceId}`, width - 2), SGR.dim, colour)}`,
  ];
}

/** Method and route where the root is a request, its name elsewhere. */
function titleOf(root: Span): string {
  const method = first(root, METHOD);
  const route = first(root, ROUTE);
  return method === undefined || route === undefined ? root.name : `${String(method)} ${String(route)}`;
}

function first(span: Span, names: readonly string[]): AttributeValue | undefined {
  return names.map((name) => span.attributes[name]).find((value) => value !== undefined);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
