import type { SpanContext } from '@opentelemetry/api';
import { isSpanContextValid, TraceFlags } from './api';
import { LocalTrace } from './local-trace';

/** https://cloud.google.com/logging/docs/reference/v2/rest/v2/LogEntry#logseverity by pino's level names. */
export const SEVERITIES: Readonly<Record<string, string>> = {
  trace: 'DEBUG',
  debug: 'DEBUG',
  info: 'INFO',
  warn: 'WARNING',
  error: 'ERROR',
  fatal: 'CRITICAL',
};

/** What links a line to its span: https://cloud.google.com/trace/docs/trace-log-integration */
export function traceFields(
  projectId: string | undefined,
  span: SpanContext | undefined,
): Record<string, string | boolean> {
  if (span === undefined || !isSpanContextValid(span)) return {};
  return {
    'logging.googleapis.com/trace':
      projectId === undefined ? span.traceId : `projects/${projectId}/traces/${span.traceId}`,
    'logging.googleapis.com/spanId': span.spanId,
    // Known late of what is kept for another reason than the ratio; its access line, which comes last, tells it right.
    'logging.googleapis.com/trace_sampled':
      (span.traceFlags & TraceFlags.SAMPLED) !== 0 || LocalTrace.of(span)?.decision === 'keep',
  };
}

/** Makes what gives the time as a member of a JSON object, as pino wants it; the text is made once a second. */
export function createTimestamp(): () => string {
  let second = Number.NaN;
  let text = '';
  return () => {
    const now = Date.now();
    const ms = now % 1_000;
    if (now - ms !== second) {
      second = now - ms;
      text = `,"timestamp":"${new Date(now).toISOString().slice(0, -'000Z'.length)}`;
    }
    return `${text}${String(ms).padStart(3, '0')}Z"`;
  };
}
