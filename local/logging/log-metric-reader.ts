import { bucketBounds } from './bucket-layout';
import { parseLogFilter } from './log-filter';
import type { LogMetric } from './log-metrics';
import type { LogEntry } from './log-store';
import { parseExtractor } from './metric-extractor';

/** What one entry adds to a log-based metric. */
interface Measurement {
  /** Labels of the metric itself. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of a distribution; absent for a counter. */
  readonly value?: number;
}

export interface LogMetricReader {
  /** Upper bounds of a distribution; absent for a counter. */
  readonly bounds?: readonly number[];
  /** Undefined for an entry that does not count. */
  read(entry: LogEntry): Measurement | undefined;
}

/**
 * Makes a metric ready to read entries. Throws an error that names what the local cloud does not evaluate.
 * An entry whose value is no number is not counted, as Cloud Logging does.
 */
export function logMetricReader(metric: LogMetric): LogMetricReader {
  const matches = parseLogFilter(metric.filter);
  const labels = Object.entries(metric.labelExtractors ?? {}).map(
    ([label, extractor]) => [label, parseExtractor(extractor)] as const,
  );
  const labelsOf = (entry: LogEntry): Record<string, string> =>
    Object.fromEntries(labels.map(([label, extract]) => [label, extract(entry) ?? '']));
  if (metric.metricDescriptor?.valueType !== 'DISTRIBUTION') {
    return { read: (entry) => (matches(entry) ? { labels: labelsOf(entry) } : undefined) };
  }
  const extract = parseExtractor(metric.valueExtractor ?? '');
  return {
    bounds: bucketBounds(metric.bucketOptions),
    read(entry) {
      if (!matches(entry)) return undefined;
      const text = extract(entry)?.trim();
      const value = Number(text);
      return text && Number.isFinite(value) ? { labels: labelsOf(entry), value } : undefined;
    },
  };
}
