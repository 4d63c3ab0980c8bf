import type { LogEntry } from '../logging/log-store';
import type { Span, SpanEvent } from '../trace/span';
import type { TraceSummary } from '../trace/trace-store';
import type { TraceAssessment } from '../trace/trace-tree';

/** One trace with everything that is known about it. */
export interface TraceReport {
  readonly traceId: string;
  readonly spans: readonly Span[];
  readonly logs: readonly LogEntry[];
  readonly assessment: TraceAssessment;
}

/** The body of every refusal. */
export interface ErrorBody {
  readonly error: { readonly message: string };
}

/** The same with nanoseconds as decimal digits, because JSON has no 64-bit integers. */
type WithDigits<T, Nanos extends keyof T> = Omit<T, Nanos> & { readonly [Key in Nanos]: string };

type SpanEventJson = WithDigits<SpanEvent, 'unixNano'>;
type SpanJson = WithDigits<Omit<Span, 'events'>, 'startUnixNano' | 'endUnixNano'> & {
  readonly events: readonly SpanEventJson[];
};
export type TraceReportJson = Omit<TraceReport, 'spans'> & { readonly spans: readonly SpanJson[] };
export type TraceSummaryJson = WithDigits<TraceSummary, 'startUnixNano' | 'durationNano'>;

/** JSON with every bigint as its decimal digits. */
export function stringify(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  );
}

export function reportFromJson(json: TraceReportJson): TraceReport {
  const spans = json.spans.map((span) => ({
    ...span,
    startUnixNano: BigInt(span.startUnixNano),
    endUnixNano: BigInt(span.endUnixNano),
    events: span.events.map((event) => ({ ...event, unixNano: BigInt(event.unixNano) })),
  }));
  return { ...json, spans };
}

export function summaryFromJson(json: TraceSummaryJson): TraceSummary {
  return { ...json, startUnixNano: BigInt(json.startUnixNano), durationNano: BigInt(json.durationNano) };
}
