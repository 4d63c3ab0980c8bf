import { context, createContextKey, type Context } from '@opentelemetry/api';
import { MAX_DEADLINE_MS } from './settings';

/** The time allowed for some work was over before the work was. */
export class DeadlineExceededError extends Error {
  override readonly name = 'DeadlineExceededError';
  /** The whole time that was allowed, in milliseconds. */
  readonly deadlineMs: number;

  constructor(what: string, deadlineMs: number) {
    super(`${what} was not done within ${deadlineMs} ms`);
    this.deadlineMs = deadlineMs;
  }
}

/** A point in time after which the answer interests nobody; kept on the monotonic clock. */
export class Deadline {
  /** The whole time allowed, in milliseconds. */
  readonly ms: number;
  readonly #what: string;
  readonly #expiresAt: number;
  readonly #controller = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  /** @param what the work, as the subject of the error's sentence. */
  constructor(what: string, ms: number) {
    this.#what = what;
    this.ms = ms;
    this.#expiresAt = performance.now() + ms;
  }

  /** Whole milliseconds left, never below 0. */
  get remainingMs(): number {
    return Math.max(0, Math.floor(this.#expiresAt - performance.now()));
  }

  /** Aborts with a `DeadlineExceededError` when the time is over. */
  get signal(): AbortSignal {
    if (this.#timer === undefined) this.#arm();
    return this.#controller.signal;
  }

  error(): DeadlineExceededError {
    return new DeadlineExceededError(this.#what, this.ms);
  }

  /** The work is done; nothing aborts any more. */
  release(): void {
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const leftMs = this.#expiresAt - performance.now();
    // A timer counts from when the event loop last looked at its clock, so after long work it is early.
    const expire = (): void =>
      this.#expiresAt > performance.now() ? this.#arm() : this.#controller.abort(this.error());
    this.#timer = setTimeout(expire, Math.max(0, Math.ceil(leftMs))).unref();
  }
}

const KEY = createContextKey('traced deadline');

export function setDeadline(parent: Context, deadline: Deadline): Context {
  return parent.setValue(KEY, deadline);
}

export function getDeadline(from: Context): Deadline | undefined {
  const deadline = from.getValue(KEY);
  return deadline instanceof Deadline ? deadline : undefined;
}

/**
 * Reads a `traced-deadline-ms` value: a whole number from 1 to 3,600,000. Anything else (repeated headers arrive joined
 * by a comma) is undefined: no deadline is better than a wrong one.
 */
export function parseDeadlineMs(value: string): number | undefined {
  const ms = /^[1-9][0-9]{0,6}$/.test(value) ? Number(value) : 0;
  return ms >= 1 && ms <= MAX_DEADLINE_MS ? ms : undefined;
}

/** Whole milliseconds left of the current request's deadline, never below 0; undefined when it has none. */
export function remainingMs(): number | undefined {
  return getDeadline(context.active())?.remainingMs;
}

/** Aborts with a `DeadlineExceededError` at the current request's deadline; undefined when it has none. */
export function deadlineSignal(): AbortSignal | undefined {
  return getDeadline(context.active())?.signal;
}

/**
 * Does `work` with a deadline of `ms` milliseconds or what is left of the current one, whichever is shorter, for every
 * call below it that obeys deadlines.
 *
 * @param what the work, as the subject of the error's sentence.
 */
export async function withDeadline<T>(what: string, ms: number, work: () => Promise<T>): Promise<T> {
  const deadline = new Deadline(what, Math.min(ms, remainingMs() ?? ms));
  try {
    return await context.with(setDeadline(context.active(), deadline), work);
  } finally {
    deadline.release();
  }
}
