import { period, type SpanJson, spanFromJson, type WithDigits } from '../trace/span-json';
import type { TraceSummary } from '../trace/trace-summary';
import type { TraceReport } from './trace-report';

/** The body of every refusal. */
export interface ErrorBody {
  readonly error: { readonly message: string };
}

type PeriodJson<T extends { startUnixNano: bigint; endUnixNano: bigint }> = WithDigits<
  T,
  'startUnixNano' | 'endUnixNano'
>;

export type TraceReportJson = Omit<TraceReport, 'spans' | 'criticalPath' | 'darkTimes' | 'deadlines'> & {
  readonly spans: readonly SpanJson[];
  readonly criticalPath: readonly PeriodJson<TraceReport['criticalPath'][number]>[];
  readonly darkTimes: readonly PeriodJson<TraceReport['darkTimes'][number]>[];
  readonly deadlines: readonly WithDigits<TraceReport['deadlines'][number], 'unixNano'>[];
};
export type TraceSummaryJson = WithDigits<TraceSummary, 'startUnixNano' | 'durationNano'>;

export function reportFromJson(json: TraceReportJson): TraceReport {
  return {
    ...json,
    spans: json.spans.map(spanFromJson),
    criticalPath: json.criticalPath.map((segment) => ({ ...segment, ...period(segment) })),
    darkTimes: json.darkTimes.map((time) => ({ ...time, ...period(time) })),
    deadlines: json.deadlines.map((mark) => ({ ...mark, unixNano: BigInt(mark.unixNano) })),
  };
}

export function summaryFromJson(json: TraceSummaryJson): TraceSummary {
  return { ...json, startUnixNano: BigInt(json.startUnixNano), durationNano: BigInt(json.durationNano) };
}
