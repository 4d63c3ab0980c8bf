/**
 * How long a request waits for a place (cloud.google.com/run/docs/about-instance-autoscaling: requests pend "for up to
 * 10 seconds").
 */
const MAX_WAIT_MS = 10_000;

/** Waiting places per place, as in the queue of Knative, whose API Cloud Run implements (knative.dev/serving, queue-proxy). */
const QUEUE_DEPTH_FACTOR = 10;

/** Admits a bounded number of requests at a time, first come, first served, with a bounded queue before it. */
export class ConcurrencyLimiter {
  readonly #limit: number;
  readonly #onChange: (idle: boolean) => void;
  readonly #queue = new Set<(admitted: boolean) => void>();
  readonly #idleListeners: (() => void)[] = [];
  #active = 0;

  /** @param onChange is told when the first request is admitted and when the last one has ended. */
  constructor(limit: number, onChange: (idle: boolean) => void) {
    this.#limit = limit;
    this.#onChange = onChange;
  }

  get isIdle(): boolean {
    return this.#active === 0;
  }

  /**
   * True when the request may go on; `release` must be called once when it has ended. False when the queue is full, the
   * wait was too long, or `signal` aborted.
   */
  acquire(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    if (this.#active < this.#limit) {
      this.#active++;
      if (this.#active === 1) this.#onChange(false);
      return Promise.resolve(true);
    }
    if (this.#queue.size >= this.#limit * QUEUE_DEPTH_FACTOR) return Promise.resolve(false);
    return new Promise((resolve) => {
      const settle = (admitted: boolean): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', giveUp);
        this.#queue.delete(settle);
        resolve(admitted);
      };
      const giveUp = (): void => settle(false);
      const timer = setTimeout(giveUp, MAX_WAIT_MS);
      signal.addEventListener('abort', giveUp);
      this.#queue.add(settle);
    });
  }

  release(): void {
    const [next] = this.#queue;
    // The place goes straight to the next in the queue.
    if (next) return next(true);
    this.#active--;
    if (this.#active > 0) return;
    this.#onChange(true);
    for (const listener of this.#idleListeners.splice(0)) listener();
  }

  /** Resolves as soon as no request is being served. */
  idle(): Promise<void> {
    if (this.#active === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#idleListeners.push(resolve);
    });
  }
}
