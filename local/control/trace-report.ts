import type { LogEntry } from '../logging/log-store';
import { type CriticalPath, criticalPath } from '../trace/critical-path';
import { type DeadlineMark, deadlineMarks } from '../trace/deadlines';
import type { Span } from '../trace/span';
import { assessTrace, type TraceAssessment } from '../trace/trace-tree';

/** One trace with everything that is known about it. */
export interface TraceReport {
  readonly traceId: string;
  readonly spans: readonly Span[];
  readonly logs: readonly LogEntry[];
  readonly assessment: TraceAssessment;
  /** What the request waited for, earliest first. */
  readonly criticalPath: CriticalPath['segments'];
  readonly darkTimes: CriticalPath['darkTimes'];
  readonly deadlines: readonly DeadlineMark[];
}

/** What its spans and log entries tell of a trace. */
export function traceReport(traceId: string, spans: readonly Span[], logs: readonly LogEntry[]): TraceReport {
  const { segments, darkTimes } = criticalPath(spans, logs);
  return {
    traceId,
    spans,
    logs,
    assessment: assessTrace(spans, logs),
    criticalPath: segments,
    darkTimes,
    deadlines: deadlineMarks(spans),
  };
}
