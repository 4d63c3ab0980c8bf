import { setTimeout as sleep } from 'node:timers/promises';
import { RETRYABLE_ERR_FN_DEFAULT } from '@google-cloud/storage';
import { DeadlineExceededError, remainingMs, withClientSpan } from '../telemetry';
import { ATTR_HTTP_REQUEST_RESEND_COUNT } from '../telemetry/attributes';

/** As many as Google's client makes by default. */
const MAX_ATTEMPTS = 4;

/**
 * First pause, in milliseconds, doubled each time; at random between half and the whole of it. Google's client pauses
 * for at least 1 s, which is longer than the deadline of a whole request often is.
 */
const FIRST_PAUSE_MS = 50;

/** Name of an attempt's span, below the span of what is attempted. */
const ATTEMPT = 'gcs.attempt';

/** Allowed where the caller set no deadline; a bucket answers in well under a second. */
const DEFAULT_DEADLINE_MS = 10_000;

/**
 * Does `work`, and again after failures that Cloud Storage calls transient (its client's list: 408, 429, 5xx, lost
 * connections), within what is left of the current request's deadline. `work` must be safe to repeat. Every attempt is
 * a span of its own, which ends at the deadline whether or not `work` does.
 *
 * @param work is given the number of the attempt, 1 for the first.
 * @param what the work, as the subject of the error's sentence.
 * @throws DeadlineExceededError when the time is over, whatever `work` is waiting for.
 */
export async function retryWithinDeadline<T>(
  what: string,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const deadlineMs = remainingMs() ?? DEFAULT_DEADLINE_MS;
  if (deadlineMs === 0) throw new DeadlineExceededError(what, deadlineMs);
  const expired = new AbortController();
  const expiry = new Promise<never>((_resolve, reject) => {
    expired.signal.addEventListener('abort', () => reject(new DeadlineExceededError(what, deadlineMs)));
  });
  const timer = setTimeout(() => expired.abort(), deadlineMs);
  try {
    const attempt = (number: number): Promise<T> => {
      const attributes = { [ATTR_HTTP_REQUEST_RESEND_COUNT]: number > 1 ? number - 1 : undefined };
      return withClientSpan(ATTEMPT, attributes, () => Promise.race([expiry, work(number)]));
    };
    return await Promise.race([expiry, repeat(attempt, expired.signal)]);
  } finally {
    clearTimeout(timer);
  }
}

async function repeat<T>(work: (attempt: number) => Promise<T>, expired: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === MAX_ATTEMPTS || expired.aborted || !isTransient(error)) throw error;
      const pauseMs = FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
      await sleep(pauseMs, undefined, { signal: expired });
    }
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof Error && RETRYABLE_ERR_FN_DEFAULT(error);
}
