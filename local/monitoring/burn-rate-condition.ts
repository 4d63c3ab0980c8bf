import type { ConditionSources, SeriesCondition } from './alert-condition';
import { durationMs } from './duration';
import { objectiveMetric } from './metric-recorder';
import { indicatorOf } from './objective-indicator';
import type { AlertCondition } from './resources';

/** cloud.google.com/stackdriver/docs/solutions/slo-monitoring/api/timeseries-selectors */
const BURN_RATE = /^\s*select_slo_burn_rate\(\s*"([^"]+)"\s*,\s*"?(\d+)(s|m|h|d)"?\s*\)\s*$/;
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * How fast an error budget goes: the share of bad requests in the window over the share that the objective allows.
 * Undefined for a condition that is no burn rate. Throws an error that names what is not evaluated.
 */
export function burnRateCondition(
  { comparison, duration, filter, thresholdValue = 0 }: NonNullable<AlertCondition['conditionThreshold']>,
  { monitoring, series }: ConditionSources,
): SeriesCondition | undefined {
  const [, objectiveName, digits, unit = ''] = BURN_RATE.exec(filter ?? '') ?? [];
  if (objectiveName === undefined) return undefined;
  if (comparison !== 'COMPARISON_GT') throw new Error(`a burn rate is not compared with ${comparison}`);
  const windowMs = Number(digits) * (UNITS_MS[unit] ?? Number.NaN);
  const metric = objectiveMetric(objectiveName);
  const indicator = () => {
    const objective = monitoring.objective(objectiveName);
    return objective ? indicatorOf(objective, monitoring) : `the objective ${objectiveName} is gone`;
  };
  return {
    kind: 'series',
    threshold: thresholdValue,
    unit: '1',
    durationMs: durationMs(duration),
    windowMs,
    problem: () => {
      const found = indicator();
      return typeof found === 'string' ? found : undefined;
    },
    breaches(nowMs) {
      const objective = monitoring.objective(objectiveName);
      const found = indicator();
      if (!objective || typeof found === 'string') return [];
      const window = { endMs: nowMs, lengthMs: windowMs };
      const counts = series.counts(metric, () => true, window);
      const total = counts.reduce((sum, { count }) => sum + count, 0);
      const bad = counts
        .filter(({ labels }) => labels['good'] === 'false')
        .reduce((sum, { count }) => sum + count, 0);
      const value = total === 0 ? 0 : bad / total / (1 - objective.goal);
      if (value <= thresholdValue) return [];
      const newest = series.newest(metric, ({ good }) => good === 'false', window);
      const traceId = newest?.traceId;
      return [{ labels: {}, value, service: found.service, ...(traceId !== undefined && { traceId }) }];
    },
  };
}
