import type { LogEntry } from '../logging/log-store';
import { oneLine, paint, SGR, truncate } from '../logging/terminal-text';
import { HTTP_METHOD, HTTP_ROUTE, HTTP_STATUS } from './attribute-names';
import { formatDuration } from './milliseconds';
import { firstAttribute, type Span } from './span';
import { durationOf } from './waterfall-layout';

/**
 * What was asked, what came of it and how long that took; what there is to see; the trace id; `path`, what the request
 * waited for, unless it is empty.
 */
export function renderHeader(
  spans: readonly Span[],
  logs: readonly LogEntry[],
  options: {
    readonly root: Span | undefined;
    readonly path: string;
    readonly width: number;
    readonly colour: boolean;
  },
): string[] {
  const { root, path, width, colour } = options;
  const traceId = spans[0]?.traceId ?? logs[0]?.traceId ?? '';
  const failed = spans.filter((span) => span.status === 'error').length;
  const counts = [
    count(new Set(spans.map((span) => span.service)).size, 'service'),
    count(spans.length, 'span'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    count(logs.length, 'log line'),
  ];
  const status = root && firstAttribute(root, HTTP_STATUS);
  const asked = root ? oneLine(titleOf(root)) : 'No span of this trace has arrived';
  const outcome = root
    ? [...(status === undefined ? [] : [String(status)]), formatDuration(durationOf(root))]
    : [];
  const answer = outcome.map((part) => `   ${oneLine(part)}`).join('');
  return [
    `  ${paint(truncate(asked, width - 2 - answer.length), SGR.bold, colour)}${answer}`,
    `  ${paint(truncate(counts.join(', '), width - 2), SGR.dim, colour)}`,
    `  ${paint(truncate(`trace ${traceId}`, width - 2), SGR.dim, colour)}`,
    ...(path === '' ? [] : [`  ${paint(truncate(oneLine(path), width - 2), SGR.dim, colour)}`]),
  ];
}

/** Method and route where the root is a request, its name elsewhere. */
export function titleOf(root: Span): string {
  const method = firstAttribute(root, HTTP_METHOD);
  const route = firstAttribute(root, HTTP_ROUTE);
  return method === undefined || route === undefined ? root.name : `${String(method)} ${String(route)}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
