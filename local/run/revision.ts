import { setTimeout as delay } from 'node:timers/promises';
import { ConcurrencyLimiter } from './concurrency-limiter';
import { Instance, type InstanceOptions, StartError } from './instance';
import type { RevisionSpec } from './service-spec';

export interface RevisionOptions extends Omit<InstanceOptions, 'secrets' | 'directory'> {
  /** Called for each start, as Cloud Run reads secrets then. Throws when one cannot be read. */
  readonly secrets: () => Promise<Readonly<Record<string, string>>>;
  readonly directory: string;
  /** How long an instance is kept that serves no request, where none has to stay warm. */
  readonly idleTimeoutMs: number;
}

/** A container that ran for less than this before it ended makes the next start wait. */
const SHORT_LIFE_MS = 10_000;
const FIRST_BACK_OFF_MS = 100;
const MAX_BACK_OFF_MS = 5_000;

/** One deployed template of a service, with at most one running instance. */
export class Revision {
  readonly name: string;
  readonly template: RevisionSpec;
  readonly limiter: ConcurrencyLimiter;
  readonly #options: RevisionOptions;
  readonly #stop = new AbortController();
  /** Short lives in a row. */
  #failures = 0;
  #instance: Promise<Instance> | undefined;
  /** Runs while no request is being served. */
  #idleTimer: NodeJS.Timeout | undefined;
  /** The end of an instance that was idle for too long. */
  #idleStop: Promise<void> | undefined;

  constructor(options: RevisionOptions) {
    this.#options = options;
    this.name = options.revision;
    this.template = options.template;
    this.limiter = new ConcurrencyLimiter(options.template.concurrency, () => void this.#followLoad());
  }

  /**
   * The running instance; starts one when there is none, after a wait that doubles from 0.1 s to at most 5 s when
   * instances keep ending within 10 s.
   *
   * @throws StartError
   */
  instance(): Promise<Instance> {
    this.#instance ??= this.#start();
    return this.#instance;
  }

  /** Stops the instance when no request is being served any more. For a revision that gets no new requests. */
  async retire(): Promise<void> {
    await this.limiter.idle();
    await this.stop();
  }

  /** Stops the instance, also one that is still starting, and starts no other. */
  async stop(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#idleTimer);
    // A start that failed has nothing left to stop.
    const instance = await this.#instance?.catch(() => undefined);
    await Promise.all([instance?.stop(), this.#idleStop]);
  }

  /** Gives the instance its CPU while there are requests, and stops it when there were none for too long. */
  async #followLoad(): Promise<void> {
    clearTimeout(this.#idleTimer);
    const current = this.#instance;
    const instance = await current?.catch(() => undefined);
    // Another change of the load may have come before this one's turn; each of them looks at what is true now.
    if (instance === undefined || this.#stop.signal.aborted || this.#instance !== current) return;
    const { isIdle } = this.limiter;
    instance.serving = !isIdle;
    clearTimeout(this.#idleTimer);
    if (!isIdle || this.template.scaling.minInstances > 0) return;
    const { idleTimeoutMs } = this.#options;
    this.#idleTimer = setTimeout(() => {
      // Forgotten first: the next request starts another one.
      this.#instance = undefined;
      this.#options.onEvent('INFO', `Instance is stopped: no request for ${idleTimeoutMs / 1000} s.`);
      this.#idleStop = instance.stop();
    }, idleTimeoutMs).unref();
  }

  async #start(): Promise<Instance> {
    const { onEvent } = this.#options;
    try {
      if (this.#failures > 0) await this.#backOff();
      if (this.#stop.signal.aborted) throw new StartError(`revision ${this.name} is stopped`);
      const secrets = await this.#options.secrets();
      const instance = await Instance.start({ ...this.#options, secrets }, this.#stop.signal);
      void this.#forgetAtEnd(instance);
      void this.#followLoad();
      return instance;
    } catch (error) {
      this.#instance = undefined;
      this.#failures++;
      if (!this.#stop.signal.aborted)
        onEvent('ERROR', error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  async #forgetAtEnd(instance: Instance): Promise<void> {
    const startedAt = performance.now();
    const current = this.#instance;
    await instance.ended;
    if (this.#instance !== current) return;
    this.#instance = undefined;
    this.#failures = performance.now() - startedAt < SHORT_LIFE_MS ? this.#failures + 1 : 0;
  }

  async #backOff(): Promise<void> {
    const waitMs = Math.min(FIRST_BACK_OFF_MS * 2 ** (this.#failures - 1), MAX_BACK_OFF_MS);
    // Aborted: the caller looks at the signal itself.
    await delay(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }
}
