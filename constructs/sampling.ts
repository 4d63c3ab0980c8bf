/** How many of the traces that enter the system at a service are kept. Services behind it obey its decision. */
export class Sampling {
  /** Keeps a share of the traces, `0` to `1`: `Sampling.ratio(0.05)` keeps 5 %. The service that uses it checks the range. */
  static ratio(ratio: number): Sampling {
    return new Sampling(ratio);
  }

  /** Keeps every trace. */
  static always(): Sampling {
    return new Sampling(1);
  }

  private constructor(readonly samplingRatio: number) {}
}
