import { RESOURCE_TYPE, resourceLabels } from '../logging/log-fields';
import type { LogMetric, LogMetrics } from '../logging/log-metrics';
import { type LogMetricReader, logMetricReader } from '../logging/log-metric-reader';
import type { LogEntry } from '../logging/log-store';
import type { Monitoring } from './monitoring';
import { indicatorOf } from './objective-indicator';
import { exampleOf, reachedContainer, requestSamples } from './request-metrics';
import type { TimeSeries } from './time-series';

/** In PromQL the first `/` of a metric's type is a `:`, every other special character a `_`. */
const LOG_METRIC_PREFIX = 'logging_googleapis_com:user_';

/** Requests of an objective's service, by the label `good`. */
export function objectiveMetric(objectiveName: string): string {
  return `objective:${objectiveName}`;
}

export interface MetricRecorderOptions {
  readonly series: TimeSeries;
  readonly logMetrics: LogMetrics;
  readonly monitoring: Monitoring;
}

/**
 * Makes metrics of log entries as they come: Cloud Run's own, the deployed log-based ones, and the requests of
 * objectives. An entry counts at the time it arrives.
 */
export class MetricRecorder {
  readonly #options: MetricRecorderOptions;
  /** What the filter or an extractor of a metric has that is not evaluated, or the metric ready to read entries. */
  readonly #readers = new WeakMap<LogMetric, LogMetricReader | Error>();

  constructor(options: MetricRecorderOptions) {
    this.#options = options;
  }

  record(entry: LogEntry, atMs: number): void {
    const { series } = this.#options;
    for (const metric of this.#options.logMetrics.all()) this.#recordLogMetric(metric, entry, atMs);
    if (!reachedContainer(entry)) return;
    for (const sample of requestSamples(entry, atMs)) series.record(sample);
    this.#recordObjectives(entry, atMs);
  }

  /**
   * The log-based metric that PromQL names, with or without the suffix of a distribution's part; undefined when none is
   * deployed. `problem` says why it has no data.
   */
  logMetric(promQlName: string): { readonly unit: string; readonly problem?: string } | undefined {
    const found = this.#options.logMetrics
      .all()
      .find(({ name }) => [seriesName(name), ...partsOf(seriesName(name))].includes(promQlName));
    if (!found) return undefined;
    const unit = found.metricDescriptor?.unit ?? '1';
    if (found.disabled === true) return { unit, problem: `the log-based metric ${found.name} is disabled` };
    const reader = this.#readerOf(found);
    return reader instanceof Error
      ? { unit, problem: `the log-based metric ${found.name}: ${reader.message}` }
      : { unit };
  }

  #recordLogMetric(metric: LogMetric, entry: LogEntry, atMs: number): void {
    if (metric.disabled === true) return;
    const reader = this.#readerOf(metric);
    if (reader instanceof Error) return;
    const measurement = reader.read(entry);
    if (!measurement) return;
    const { labels, value } = measurement;
    this.#options.series.record({
      metric: seriesName(metric.name),
      labels: { monitored_resource: RESOURCE_TYPE, ...resourceLabels(entry), log: entry.log, ...labels },
      atMs,
      example: exampleOf(entry),
      ...(value !== undefined && { value }),
      ...(reader.bounds && { bounds: reader.bounds }),
    });
  }

  #recordObjectives(entry: LogEntry, atMs: number): void {
    const { monitoring, series } = this.#options;
    for (const objective of monitoring.objectives()) {
      const indicator = indicatorOf(objective, monitoring);
      const good = typeof indicator === 'string' ? undefined : indicator.isGood(entry);
      if (good === undefined) continue;
      const labels = { good: String(good) };
      series.record({ metric: objectiveMetric(objective.name), labels, atMs, example: exampleOf(entry) });
    }
  }

  #readerOf(metric: LogMetric): LogMetricReader | Error {
    const known = this.#readers.get(metric);
    if (known) return known;
    const reader = tryTo(() => logMetricReader(metric));
    this.#readers.set(metric, reader);
    return reader;
  }
}

function tryTo<Result>(action: () => Result): Result | Error {
  try {
    return action();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function seriesName(metricName: string): string {
  return LOG_METRIC_PREFIX + metricName.replaceAll(/\W/g, '_');
}

function partsOf(name: string): string[] {
  return ['bucket', 'count', 'sum'].map((part) => `${name}_${part}`);
}
