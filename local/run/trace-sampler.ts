/**
 * Cloud Run samples "a maximum rate of 0.1 requests per second for each instance"
 * (cloud.google.com/run/docs/trace#sampling-rate).
 */
const INTERVAL_MS = 10_000;

/** Decides for one instance which requests carry the sampled flag. */
export class TraceSampler {
  readonly #nowMs: () => number;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** `nowMs`: milliseconds of a clock that never goes back. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  sample(): boolean {
    const now = this.#nowMs();
    if (now - this.#lastMs < INTERVAL_MS) return false;
    this.#lastMs = now;
    return true;
  }
}
