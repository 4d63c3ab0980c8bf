import { messageOf } from '../logging/log-lines';
import type { LogEntry } from '../logging/log-store';
import { h, table } from './dom';
import { hrefOf, timeOf } from './view';

/** Whether an entry is one of an error (google.logging.type.LogSeverity). */
export function isSevere({ severity }: LogEntry): boolean {
  return ['ERROR', 'CRITICAL', 'ALERT', 'EMERGENCY'].includes(severity);
}

/** Log entries, oldest first; with `links` to their traces. */
export function logTable(
  caption: string,
  entries: readonly LogEntry[],
  { links = false }: { readonly links?: boolean } = {},
): HTMLTableElement {
  const rows = entries
    .toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp))
    .map((entry) => {
      const { timestamp, service, severity, traceId, spanId } = entry;
      const href = hrefOf(`trace/${traceId}`, { span: spanId });
      const trace = traceId !== undefined && h('a', { href }, traceId.slice(0, 8));
      const tone = isSevere(entry) ? 'error' : severity === 'WARNING' && 'warning';
      return [
        timeOf(Date.parse(timestamp)),
        service,
        h('span', { class: tone }, severity),
        messageOf(entry),
        ...(links ? [trace] : []),
      ];
    });
  const titles = ['Time (UTC)', 'Service', 'Severity', 'Message', ...(links ? ['Trace'] : [])];
  const drawn = table(caption, titles, rows);
  drawn.className = 'log';
  return drawn;
}
