import type { LogStore } from '../logging/log-store';
import type { TraceSummary } from '../trace/trace-summary';
import { explain, type Explanation } from '../trace/explanation';
import { toOtlpJson } from '../trace/otlp-export';
import type { Stack } from '../trace/stack';
import { STATUS_QUERY, type TraceQuery } from '../trace/trace-query';
import type { TraceStore } from '../trace/trace-store';
import { HttpError } from './http-error';
import { limitOf, texts, wholeNumber } from './query-parameters';
import { type TraceReport, traceReport } from './trace-report';

export interface TraceRoutesOptions {
  readonly traces: TraceStore;
  readonly logs: LogStore;
  /** What is deployed, for a trace that began at `asOf` (milliseconds since the epoch). @default - nothing */
  readonly stack?: (asOf: number) => Stack | undefined;
  /** Drops all traces with their log entries, wherever they are kept. */
  readonly clearTraces: () => void;
}

/** What lists the traces that the request's parameters ask for, whenever it is called. */
export function listingOf(
  parameters: URLSearchParams,
  { traces, logs }: TraceRoutesOptions,
): () => TraceSummary[] {
  const query = traceQuery(parameters);
  return () => traces.list(query, (traceId) => logs.list({ traceId }));
}

/** Drops all traces and says how many there were. */
export function clearTraces(options: TraceRoutesOptions): { cleared: number } {
  const { kept } = options.traces.size;
  options.clearTraces();
  return { cleared: kept };
}

/** What follows `/traces/`: an id or its first digits, alone or with a view of the trace. */
export function answerTrace(rest: string, options: TraceRoutesOptions): unknown {
  const [digits = '', view, ...more] = rest.split('/');
  const report = reportOf(digits, options);
  if (view === undefined) return report;
  if (more.length === 0 && view === 'explanation') return explanationOf(report, options);
  if (more.length === 0 && view === 'otlp') return toOtlpJson(report.spans);
  throw new HttpError(404, `there is no /traces/ID/${[view, ...more].join('/')} here`);
}

/** The trace whose id begins with `digits`. */
function reportOf(digits: string, { traces, logs }: TraceRoutesOptions): TraceReport {
  const exact =
    traces.trace(digits) ?? (logs.list({ traceId: digits, limit: 1 }).length > 0 ? { spans: [] } : undefined);
  const ids = exact ? [digits] : traces.idsStartingWith(digits);
  const [traceId] = ids;
  if (traceId === undefined || digits === '') throw new HttpError(404, `there is no trace '${digits}'`);
  if (ids.length > 1)
    throw new HttpError(409, `${ids.length} traces begin with '${digits}'; give more digits`);
  const { spans } = exact ?? traces.trace(traceId) ?? { spans: [] };
  return traceReport(traceId, spans, logs.list({ traceId }));
}

function explanationOf({ spans, logs }: TraceReport, options: TraceRoutesOptions): Explanation {
  const begunAt = spans.reduce((first, span) => Math.min(first, Number(span.startUnixNano) / 1e6), Infinity);
  const all = options.logs.list();
  return explain({
    spans,
    logs,
    stack: options.stack?.(begunAt) ?? { services: [], buckets: [] },
    requests: all.filter(({ log }) => log === 'requests'),
    systemLogs: all.filter(({ log }) => log === 'system'),
  });
}

function traceQuery(parameters: URLSearchParams): TraceQuery {
  const errors = parameters.get('errors') ?? 'false';
  if (errors !== 'true' && errors !== 'false')
    throw new HttpError(400, `errors is '${errors}', allowed is true | false`);
  const given = texts(parameters, ['service', 'route', 'status', 'text']);
  if (given.status !== undefined && !STATUS_QUERY.test(given.status))
    throw new HttpError(
      400,
      `status is '${given.status}', allowed is a status such as 504 or a class such as 5xx`,
    );
  return {
    ...limitOf(parameters),
    ...wholeNumber(parameters, 'minDurationMs', 0),
    ...given,
    errorsOnly: errors === 'true',
  };
}
