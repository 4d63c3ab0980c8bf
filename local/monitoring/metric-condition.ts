import type { ConditionSources, SeriesCondition } from './alert-condition';
import { durationMs } from './duration';
import type { AlertCondition } from './resources';

const MONTHLY_SPANS = 'cloudtrace.googleapis.com/billing/monthly_spans_ingested';
const UPTIME = 'monitoring.googleapis.com/uptime_check/check_passed';

/**
 * A threshold on a metric that a filter selects. Of these the spans of the month are evaluated: the local cloud counts
 * those that have arrived since it was started. Throws an error that names anything else.
 */
export function metricCondition(
  condition: NonNullable<AlertCondition['conditionThreshold']>,
  { spansReceived }: ConditionSources,
): SeriesCondition {
  const { comparison, duration, filter = '', thresholdValue = 0 } = condition;
  const [, metricType = ''] = /metric\.type\s*=\s*"([^"]*)"/.exec(filter) ?? [];
  if (metricType === UPTIME) throw new Error('nobody asks the services what an uptime check asks');
  const isWhole = /^\s*metric\.type\s*=\s*"[^"]*"\s+AND\s+resource\.type\s*=\s*"global"\s*$/.test(filter);
  if (metricType !== MONTHLY_SPANS || !isWhole) {
    throw new Error(
      `the filter ${filter} is not evaluated; write the condition in PromQL, with metrics of requests or of the log`,
    );
  }
  if (comparison !== 'COMPARISON_GT') throw new Error(`spans are not compared with ${comparison}`);
  return {
    kind: 'series',
    threshold: thresholdValue,
    unit: 'spans',
    durationMs: durationMs(duration),
    windowMs: 0,
    problem: () => undefined,
    breaches() {
      const value = spansReceived();
      return value > thresholdValue ? [{ labels: {}, value }] : [];
    },
  };
}
