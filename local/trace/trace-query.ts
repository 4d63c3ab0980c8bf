import type { LogEntry } from '../logging/log-store';
import { HTTP_ROUTE } from './attribute-names';
import { firstAttribute, type Span } from './span';
import type { TraceSummary } from './trace-summary';

/** Which traces to list; all that is given must hold. */
export interface TraceQuery {
  /** How many traces at most. */
  readonly limit?: number;
  /** Only traces with a span that failed. */
  readonly errorsOnly?: boolean;
  /** `service.name` of any of its spans. */
  readonly service?: string;
  /** Route of any of its spans, such as `/documents/:id`. */
  readonly route?: string;
  /** Status of the answer, such as `504`, or a class of them, such as `5xx`. */
  readonly status?: string;
  /** Only traces that took this many milliseconds or longer. */
  readonly minDurationMs?: number;
  /** In the trace id, or, in any case of letters, in names, errors, attributes and log messages. */
  readonly text?: string;
}

/** What `status` may be. */
export const STATUS_QUERY = /^[1-5](?:\d\d|xx)$/;

/** Whether a trace is one of those that are asked for. */
export function matchesQuery(
  query: TraceQuery,
  summary: TraceSummary,
  spans: readonly Span[],
  logs: () => readonly LogEntry[],
): boolean {
  const { errorsOnly, service, route, status, minDurationMs, text } = query;
  if (errorsOnly && !summary.error) return false;
  if (service !== undefined && !summary.services.includes(service)) return false;
  if (route !== undefined && !spans.some((span) => firstAttribute(span, HTTP_ROUTE) === route)) return false;
  if (status !== undefined && !matchesStatus(status, summary.status)) return false;
  if (minDurationMs !== undefined && Number(summary.durationNano) < minDurationMs * 1e6) return false;
  return text === undefined || text === '' || hasText(text.toLowerCase(), summary.traceId, spans, logs);
}

function matchesStatus(query: string, status: number | undefined): boolean {
  const code = String(status);
  return query.endsWith('xx') ? code.length === 3 && code[0] === query[0] : code === query;
}

function hasText(
  wanted: string,
  traceId: string,
  spans: readonly Span[],
  logs: () => readonly LogEntry[],
): boolean {
  const found = (text: unknown): boolean => String(text).toLowerCase().includes(wanted);
  return (
    found(traceId) ||
    spans.some(
      ({ name, service, statusMessage = '', attributes, events }) =>
        [name, service, statusMessage, ...Object.values(attributes)].some(found) ||
        events.some((event) => found(event.name) || Object.values(event.attributes).some(found)),
    ) ||
    logs().some(({ message }) => found(message))
  );
}
