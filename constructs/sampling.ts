/** What a service keeps of the traces that the sampling ratio does not keep. */
export interface SamplingOptions {
  /**
   * Whether every trace is kept that failed in the service, was abandoned by its caller or ran past its deadline.
   *
   * @default true
   */
  readonly keepErrors?: boolean;
  /**
   * Keeps every trace that took longer than this in the service, in milliseconds, 1 to 3,600,000.
   *
   * @default - slowness does not count
   */
  readonly keepSlowerThanMs?: number;
  /**
   * Whether the debug lines of a request are written when its trace is kept; until then they wait in memory, the newest
   * 20 KiB of each request.
   *
   * @default false
   */
  readonly debugLogs?: boolean;
}

/**
 * How many of the traces that enter the system at a service are kept. Services behind it obey its decision; what is kept
 * besides, every service decides for itself.
 */
export class Sampling {
  /** Keeps a share of the traces, `0` to `1`: `Sampling.ratio(0.05)` keeps 5 %. The service that uses it checks the ranges. */
  static ratio(ratio: number, options: SamplingOptions = {}): Sampling {
    return new Sampling(ratio, options);
  }

  /** Keeps every trace. */
  static always(): Sampling {
    return new Sampling(1, {});
  }

  readonly keepErrors: boolean;
  readonly keepSlowerThanMs: number | undefined;
  readonly debugLogs: boolean;

  private constructor(
    readonly samplingRatio: number,
    options: SamplingOptions,
  ) {
    this.keepErrors = options.keepErrors ?? true;
    this.keepSlowerThanMs = options.keepSlowerThanMs;
    this.debugLogs = options.debugLogs ?? false;
  }
}
