/** A log-based metric, in the shape of the Logging API's `LogMetric`. */
export interface LogMetric {
  /** Such as `gateway_latency` or `nginx/requests`; unique in its project. */
  readonly name: string;
  /** Which log entries count, in the Logging query language. */
  readonly filter: string;
  readonly description?: string;
  readonly disabled?: boolean;
  readonly bucketName?: string;
  /** Absent for a plain counter: DELTA, INT64, no labels. */
  readonly metricDescriptor?: {
    readonly metricKind: string;
    readonly valueType: string;
    readonly unit?: string;
    readonly displayName?: string;
    readonly labels?: readonly {
      readonly key: string;
      readonly valueType?: string;
      readonly description?: string;
    }[];
  };
  /** `EXTRACT(field)` or `REGEXP_EXTRACT(field, "regex")`. */
  readonly valueExtractor?: string;
  /** Label key -> extractor expression. */
  readonly labelExtractors?: Readonly<Record<string, string>>;
  readonly bucketOptions?: {
    readonly linearBuckets?: {
      readonly numFiniteBuckets: number;
      readonly width: number;
      readonly offset: number;
    };
    readonly exponentialBuckets?: {
      readonly numFiniteBuckets: number;
      readonly growthFactor: number;
      readonly scale: number;
    };
    readonly explicitBuckets?: { readonly bounds: readonly number[] };
  };
}

/** The log-based metrics of all projects. */
export class LogMetrics {
  /** project id -> name -> metric */
  readonly #metrics = new Map<string, Map<string, LogMetric>>();

  get(projectId: string, name: string): LogMetric | undefined {
    return this.#metrics.get(projectId)?.get(name);
  }

  list(projectId: string): LogMetric[] {
    return [...(this.#metrics.get(projectId)?.values() ?? [])];
  }

  /** Of all projects: the log is one for all of them. */
  all(): LogMetric[] {
    return [...this.#metrics.values()].flatMap((ofProject) => [...ofProject.values()]);
  }

  /** Creates the metric or replaces the one of that name, as `projects.metrics.update` does. */
  put(projectId: string, metric: LogMetric): void {
    this.#metrics.set(projectId, (this.#metrics.get(projectId) ?? new Map()).set(metric.name, metric));
  }

  delete(projectId: string, name: string): void {
    this.#metrics.get(projectId)?.delete(name);
  }
}
