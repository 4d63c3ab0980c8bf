import { setMaxListeners } from 'node:events';
import type { Context } from '@opentelemetry/api';
import { context, createContextKey } from './api';
import { MAX_DEADLINE_MS } from './settings';
import { untilAborted } from './until-aborted';

/** The time allowed for some work was over before the work was. */
export class DeadlineExceededError extends Error {
  override readonly name = 'DeadlineExceededError';
  /** What Fastify and Express answer with when nobody catches this. */
  readonly statusCode = 504;
  /** The whole time that was allowed, in milliseconds. */
  readonly deadlineMs: number;

  constructor(what: string, deadlineMs: number) {
    super(`${what} was not done within ${deadlineMs} ms`);
    this.deadlineMs = deadlineMs;
  }
}

/** Who asked for some work has closed the connection before the answer was complete. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
  /** The status that access logs give to such a request; nobody receives it. */
  readonly statusCode = 499;

  constructor(what: string) {
    super(`${what} was abandoned by its caller`);
  }
}

/** Until when an answer interests somebody: a point on the monotonic clock, or the moment its caller hangs up. */
export class Deadline {
  /** The whole time allowed, in milliseconds; infinite where only the caller's leaving ends it. */
  readonly ms: number;
  readonly #what: string;
  readonly #expiresAt: number;
  readonly #outer: Deadline | undefined;
  #controller: AbortController | undefined;
  #callerGone: CallerGoneError | undefined;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param what the work, as the subject of the error's sentence.
   * @param outer the deadline of the work that this is a part of; it ends this one as well.
   */
  constructor(what: string, ms: number, outer?: Deadline) {
    this.#what = what;
    this.ms = Math.min(ms, outer?.remainingMs ?? ms);
    this.#outer = outer;
    this.#expiresAt = this.ms === Number.POSITIVE_INFINITY ? this.ms : performance.now() + this.ms;
  }

  /** Whole milliseconds left, never below 0. */
  get remainingMs(): number {
    if (this.ms === Number.POSITIVE_INFINITY) return this.ms;
    return Math.max(0, Math.floor(this.#expiresAt - performance.now()));
  }

  /** Aborts with a `DeadlineExceededError` when the time is over, with a `CallerGoneError` when the caller leaves. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      // Every call of the request may wait for it at once.
      setMaxListeners(0, this.#controller.signal);
      if (this.ms !== Number.POSITIVE_INFINITY) this.#arm(this.#controller);
      this.#outer?.signal.addEventListener('abort', this.#follow);
      if (this.#outer?.signal.aborted) this.#follow();
      if (this.#callerGone) this.#controller.abort(this.#callerGone);
    }
    return this.#controller.signal;
  }

  error(): DeadlineExceededError {
    return new DeadlineExceededError(this.#what, this.ms);
  }

  /** Whether the caller has hung up. */
  get isAbandoned(): boolean {
    return this.#callerGone !== undefined || (this.#outer?.isAbandoned ?? false);
  }

  /** The caller has hung up: what still goes on for it has no purpose. */
  abandon(): void {
    this.#callerGone = new CallerGoneError(this.#what);
    this.#controller?.abort(this.#callerGone);
  }

  /** The work is done; nothing aborts any more. */
  release(): void {
    clearTimeout(this.#timer);
    if (this.#controller) this.#outer?.signal.removeEventListener('abort', this.#follow);
  }

  readonly #follow = (): void => {
    const reason: unknown = this.#outer?.signal.reason;
    this.#controller?.abort(reason instanceof DeadlineExceededError ? this.error() : reason);
  };

  #arm(controller: AbortController): void {
    const leftMs = this.#expiresAt - performance.now();
    // A timer counts from when the event loop last looked at its clock, so after long work it is early.
    const expire = (): void =>
      this.#expiresAt > performance.now() ? this.#arm(controller) : controller.abort(this.error());
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
  const leftMs = getDeadline(context.active())?.remainingMs;
  return leftMs === Number.POSITIVE_INFINITY ? undefined : leftMs;
}

/**
 * Aborts with a `DeadlineExceededError` at the current request's deadline, with a `CallerGoneError` when its caller hangs
 * up before; undefined outside of requests and deadlines.
 */
export function deadlineSignal(): AbortSignal | undefined {
  return getDeadline(context.active())?.signal;
}

/**
 * Does `work` with a deadline of `ms` milliseconds or what is left of the current one, whichever is shorter. Calls below it
 * that obey deadlines end with it.
 *
 * @param what the work, as the subject of the error's sentence.
 * @throws DeadlineExceededError when the time is over, CallerGoneError when the caller has hung up, whatever `work` is
 * waiting for.
 */
export async function withDeadline<T>(what: string, ms: number, work: () => Promise<T>): Promise<T> {
  const active = context.active();
  const deadline = new Deadline(what, ms, getDeadline(active));
  try {
    return await untilAborted(deadline.signal, () => context.with(setDeadline(active, deadline), work));
  } finally {
    deadline.release();
  }
}
