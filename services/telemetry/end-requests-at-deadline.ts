import type { ClientRequest } from 'node:http';
import { context, createContextKey } from './api';
import { deadlineSignal } from './deadline';

/** Until when requests to one origin interest somebody. */
class Ending {
  constructor(
    readonly origin: string,
    readonly signal: AbortSignal,
  ) {}
}

const KEY = createContextKey('traced ending of requests');

/**
 * Does `work`, whose requests of `node:http` and `node:https` to `origin` end with the current deadline, or when the caller
 * hangs up: for client libraries that take no signal. Those that begin later fail at once. They fail with the reason of
 * `deadlineSignal()`; `work` itself is not given up. Without a deadline, or without telemetry, it is `work` alone.
 *
 * @param origin such as `https://storage.googleapis.com`: requests for tokens, which other work may wait for, go elsewhere.
 */
export function endRequestsAtDeadline<T>(origin: string, work: () => Promise<T>): Promise<T> {
  const signal = deadlineSignal();
  if (signal === undefined) return work();
  return context.with(context.active().setValue(KEY, new Ending(origin, signal)), work);
}

/** Ends a request that has just begun, if it is one of such work. */
export function endAtDeadline(request: ClientRequest, url: URL): void {
  const ending = context.active().getValue(KEY);
  if (!(ending instanceof Ending) || ending.origin !== url.origin) return;
  const { signal } = ending;
  const end = (): void => {
    request.destroy(signal.reason);
  };
  if (signal.aborted) return end();
  signal.addEventListener('abort', end);
  // Long work would otherwise keep all of its requests in memory.
  request.once('close', () => signal.removeEventListener('abort', end));
}
