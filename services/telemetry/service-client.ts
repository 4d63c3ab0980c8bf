import type { GoogleAuth } from 'google-auth-library';
import { context, trace } from './api';
import { DEADLINE_EXCEEDED } from './attributes';
import { Deadline, DeadlineExceededError, getDeadline, setDeadline } from './deadline';
import { messageOf, withoutUrlSecrets } from './error-text';
import { causeChain, isError } from './failure';
import { TRACED_DEADLINE_MS } from './headers';
import { createIdTokens } from './id-tokens';
import { markServiceCall } from './propagator';
import type { CalleeSettings } from './settings';
import { untilAborted } from './until-aborted';

/** No whole answer was received: refused, reset, not resolved, or no ID token could be had for the call. */
export class CalleeUnavailableError extends Error {
  override readonly name = 'CalleeUnavailableError';
}

export interface ServiceClientOptions {
  /** Source of ID tokens. @default - application default credentials; on Cloud Run the service's own account */
  readonly auth?: GoogleAuth;
}

/** Calls one other service of the system. */
export interface ServiceClient {
  /**
   * Sends one request and reads the whole answer within the callee's deadline or what is left of the current request's,
   * whichever is shorter. Every HTTP status is an answer. Redirects are handed back, not followed.
   *
   * @param path path and query, beginning with `/`.
   * @throws DeadlineExceededError when the time is over; with no time left nothing is sent at all.
   * @throws CallerGoneError when the caller of the current request has hung up.
   * @throws CalleeUnavailableError when there is no answer.
   */
  fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Statuses for which the Fetch standard allows no body. */
const NULL_BODY_STATUSES: readonly number[] = [204, 205, 304];

/** A client for `callee` that authenticates by ID token and passes on trace context and deadline. */
export function createServiceClient(
  callee: CalleeSettings,
  options: ServiceClientOptions = {},
): ServiceClient {
  const authorization = createIdTokens(callee.url, options.auth);

  const send = async (path: string, init: RequestInit, deadline: Deadline): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set('authorization', await untilAborted(deadline.signal, authorization));
    headers.set(TRACED_DEADLINE_MS, String(Math.max(1, deadline.remainingMs)));
    const signal = init.signal ? AbortSignal.any([init.signal, deadline.signal]) : deadline.signal;
    // An ID token is made for the callee alone, so it must not follow a redirect elsewhere.
    const request: RequestInit = { ...init, headers, signal, redirect: 'manual' };
    const response = await fetch(`${callee.url}${path}`, request);
    const body = NULL_BODY_STATUSES.includes(response.status) ? null : await response.arrayBuffer();
    return new Response(body, response);
  };

  return {
    async fetch(path, init = {}) {
      if (!path.startsWith('/')) throw new TypeError(`path is '${path}'; it must begin with '/'`);
      const active = context.active();
      const deadline = new Deadline(
        `${callee.url}${withoutUrlSecrets(path)}`,
        callee.deadlineMs,
        getDeadline(active),
      );
      const calling = markServiceCall(setDeadline(active, deadline));
      try {
        if (deadline.ms === 0) throw deadline.error();
        return await context.with(calling, () => send(path, init, deadline));
      } catch (error) {
        const ended: unknown = deadline.signal.aborted ? deadline.signal.reason : error;
        if (ended instanceof DeadlineExceededError) {
          trace.getActiveSpan()?.setAttribute(DEADLINE_EXCEEDED, true);
        }
        if (deadline.signal.aborted || ended instanceof DeadlineExceededError) throw ended;
        if (init.signal?.aborted) throw error;
        const reason = isError(error) ? causeChain(error).map(messageOf) : [String(error)];
        throw new CalleeUnavailableError(`no answer from ${callee.url}: ${reason.join(': ')}`, {
          cause: error,
        });
      } finally {
        deadline.release();
      }
    },
  };
}
