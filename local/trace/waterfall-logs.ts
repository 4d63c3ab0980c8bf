import type { LogEntry } from '../logging/log-store';
import type { Span } from './span';

/** Log entries by the span they are shown under, and those that belong under none; each oldest first. */
export interface PlacedLogs {
  readonly bySpan: ReadonlyMap<string, readonly LogEntry[]>;
  readonly outside: readonly LogEntry[];
}

/**
 * An entry belongs to the span it names. A request log names the span of Cloud Run's front end, which is rarely part
 * of the trace, so it goes to the span below that one, or to the service's only entry into the trace.
 */
export function placeLogs(spans: readonly Span[], logs: readonly LogEntry[]): PlacedLogs {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const entries = spans.filter((span) => byId.get(span.parentSpanId ?? '')?.service !== span.service);
  const spanOf = (entry: LogEntry): string | undefined => {
    if (entry.spanId !== undefined && byId.has(entry.spanId)) return entry.spanId;
    if (entry.log !== 'requests') return undefined;
    const ofService = entries.filter((span) => span.service === entry.service);
    const below = ofService.find((span) => entry.spanId !== undefined && span.parentSpanId === entry.spanId);
    return (below ?? (ofService.length === 1 ? ofService[0] : undefined))?.spanId;
  };

  const bySpan = new Map<string, LogEntry[]>();
  const outside: LogEntry[] = [];
  for (const entry of logs.toSorted((a, b) => Date.parse(a.timestamp) - Date.parse(b.timestamp))) {
    const spanId = spanOf(entry);
    const place = spanId === undefined ? outside : (bySpan.get(spanId) ?? []);
    place.push(entry);
    if (spanId !== undefined) bySpan.set(spanId, place);
  }
  return { bySpan, outside };
}
