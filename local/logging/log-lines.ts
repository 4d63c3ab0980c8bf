import { formatDuration } from '../trace/milliseconds';
import type { LogEntry } from './log-store';
import { fit, oneLine, paint, SGR } from './terminal-text';

/** Columns of the severity, as long as `CRITICAL`. */
const SEVERITY_COLUMNS = 8;

/** Digits of a trace id that tell it from the others of one screen. */
const SHORT_TRACE_ID = 8;

/**
 * One line per entry: time of day in UTC, service, severity, the first digits of the trace id, message.
 * Returns the empty string for no entries.
 */
export function renderLogLines(entries: readonly LogEntry[], options: { readonly colour: boolean }): string {
  const serviceColumns = entries.reduce((columns, { service }) => Math.max(columns, service.length), 0);
  return entries
    .map((entry) => {
      const time = paint(entry.timestamp.slice(11, 23).padEnd(12), SGR.dim, options.colour);
      const trace = paint(
        (entry.traceId?.slice(0, SHORT_TRACE_ID) ?? '').padEnd(SHORT_TRACE_ID),
        SGR.dim,
        options.colour,
      );
      const severity = paintSeverity(entry, fit(entry.severity, SEVERITY_COLUMNS), options.colour);
      return `${time}  ${fit(entry.service, serviceColumns)}  ${severity}  ${trace}  ${messageOf(entry)}`;
    })
    .join('\n');
}

/** The message on one line. A request log has none of its own, so it tells the request, and then why it failed. */
export function messageOf({ log, message, httpRequest }: LogEntry): string {
  if (log !== 'requests' || !httpRequest) return oneLine(message);
  const { requestMethod, requestUrl, status, latency } = httpRequest;
  const url = String(requestUrl);
  const path = URL.canParse(url) ? new URL(url).pathname : url;
  // A protobuf duration: seconds with up to nine decimals, then 's'.
  const seconds = Number.parseFloat(String(latency));
  const took = Number.isFinite(seconds) ? ` in ${formatDuration(BigInt(Math.round(seconds * 1e9)))}` : '';
  return oneLine(`${String(requestMethod)} ${path} ${String(status)}${took}${message && `: ${message}`}`);
}

/** Severities from ERROR up in red, WARNING in yellow, the others as they are. */
export function paintSeverity(entry: LogEntry, text: string, colour: boolean): string {
  if (['ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'].includes(entry.severity))
    return paint(text, SGR.red, colour);
  return entry.severity === 'WARNING' ? paint(text, SGR.yellow, colour) : text;
}
