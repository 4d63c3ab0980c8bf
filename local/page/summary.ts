import { summaryFromJson, type TraceSummaryJson } from '../control/control-api';
import { timeOf } from './view';

/** A trace of the list in the page's own units. */
export interface Summary {
  readonly traceId: string;
  readonly startUnixMs: number;
  readonly time: string;
  /** Service and name of the request that the trace began with. */
  readonly service: string;
  readonly route: string;
  readonly status: string;
  readonly durationMs: number;
  readonly services: readonly string[];
  readonly spanCount: number;
  readonly error: boolean;
  readonly keptBecause: string;
}

/** What newer clouds tell besides. */
export type SummaryJson = TraceSummaryJson & {
  readonly entryService?: string;
  readonly route?: string;
  readonly status?: number;
  readonly keptBecause?: string;
};

export function toSummary(json: SummaryJson): Summary {
  const { traceId, startUnixNano, durationNano, services, spanCount, error, rootName } =
    summaryFromJson(json);
  const startUnixMs = Number(startUnixNano) / 1e6;
  return {
    traceId,
    startUnixMs,
    time: timeOf(startUnixMs),
    service: json.entryService ?? services[0] ?? '',
    route: json.route ?? rootName,
    status: String(json.status ?? ''),
    durationMs: Number(durationNano) / 1e6,
    services,
    spanCount,
    error,
    keptBecause: json.keptBecause ?? '',
  };
}

/** Milliseconds with a decimal below 100: `7.4 ms`, `1,085 ms`. */
export function ms(durationMs: number): string {
  const digits = Math.abs(durationMs) < 100 ? 1 : 0;
  return `${durationMs.toLocaleString('en', { maximumFractionDigits: digits, minimumFractionDigits: digits })} ms`;
}
