import { type LogFilter, parseLogFilter } from '../logging/log-filter';
import { LogMetrics } from '../logging/log-metrics';
import { MetricRecorder } from './metric-recorder';
import { Monitoring } from './monitoring';
import { burnRateCondition } from './burn-rate-condition';
import { metricCondition } from './metric-condition';
import { promQlCondition } from './promql-condition';
import type { AlertCondition } from './resources';
import { type Labels, TimeSeries } from './time-series';

/** One time series for which a condition is met. */
export interface Breach {
  /** What it is about; a condition is met for each set of labels apart. */
  readonly labels: Labels;
  readonly value: number;
  readonly service?: string;
  /** Of the newest request that made it so. */
  readonly traceId?: string;
}

/** A condition on metrics. */
export interface SeriesCondition {
  readonly kind: 'series';
  readonly threshold: number;
  /** Such as `s`, `ms` or `1/s`; `1` is a plain number. */
  readonly unit: string;
  /** How long it must be met without a break. */
  readonly durationMs: number;
  /** The longest time it looks back. */
  readonly windowMs: number;
  /** In words, why there can be no data now. */
  problem(): string | undefined;
  breaches(nowMs: number): Breach[];
}

/** A condition on single log entries. */
interface LogCondition {
  readonly kind: 'log';
  readonly matches: LogFilter;
}

export type CompiledCondition =
  | SeriesCondition
  | LogCondition
  | { readonly kind: 'not evaluated'; readonly why: string };

export interface ConditionSources {
  readonly series: TimeSeries;
  readonly recorder: MetricRecorder;
  readonly monitoring: Monitoring;
  /** Spans that have arrived since the start, of all projects. */
  readonly spansReceived: () => number;
}

/**
 * Makes a condition ready for evaluation. What the local cloud does not evaluate is named, and deployed all the same:
 * Google takes it.
 */
export function compileCondition(
  condition: Omit<AlertCondition, 'name'>,
  sources: ConditionSources,
): CompiledCondition {
  try {
    return compile(condition, sources);
  } catch (error) {
    return { kind: 'not evaluated', why: error instanceof Error ? error.message : String(error) };
  }
}

/** Why a condition cannot be evaluated, whatever there is in the log; undefined when it can. */
export function whyNotEvaluated(condition: Omit<AlertCondition, 'name'>): string | undefined {
  const [series, monitoring] = [new TimeSeries(), new Monitoring()];
  const recorder = new MetricRecorder({ series, monitoring, logMetrics: new LogMetrics() });
  const compiled = compileCondition(condition, { series, recorder, monitoring, spansReceived: () => 0 });
  return compiled.kind === 'not evaluated' ? compiled.why : undefined;
}

function compile(condition: Omit<AlertCondition, 'name'>, sources: ConditionSources): CompiledCondition {
  const { conditionMatchedLog, conditionPrometheusQueryLanguage, conditionThreshold } = condition;
  if (conditionPrometheusQueryLanguage) return promQlCondition(conditionPrometheusQueryLanguage, sources);
  if (conditionMatchedLog) return { kind: 'log', matches: parseLogFilter(conditionMatchedLog.filter) };
  if (conditionThreshold)
    return burnRateCondition(conditionThreshold, sources) ?? metricCondition(conditionThreshold, sources);
  return { kind: 'not evaluated', why: 'the absence of data is not evaluated' };
}
