import type { Span } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { context, propagation, SpanKind, SpanStatusCode, trace } from './api';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  DEADLINE_MS,
} from './attributes';
import { getDeadline, remainingMs, type Deadline } from './deadline';
import { causeChain, errorType, isError, recordFailure } from './failure';
import { TRACEPARENT } from './headers';
import { isServiceCall, markServiceCall } from './propagator';
import { getTracer } from './tracer';

/** An outgoing request that has not been sent yet. */
export interface OutgoingRequest {
  readonly method: string;
  readonly url: URL;
  /** Whether the application has set the header itself; the name is in lower case. */
  has(name: string): boolean;
  set(name: string, value: string): void;
}

/** Origins to which trace context goes, such as `https://processor-abc-ew.a.run.app`. */
export type FirstParties = ReadonlySet<string>;

/** Google's metadata server, by name and by address. */
const METADATA_HOSTS: readonly string[] = ['metadata.google.internal', '169.254.169.254'];

/** The client span of one outgoing HTTP request, by the HTTP semantic conventions; it ends once. */
export class HttpClientSpan {
  readonly #span: Span;
  readonly #deadline: Deadline | undefined;
  /** What ends the call, where that is known. */
  readonly #endedBy: AbortSignal | undefined;
  // A client that waits for a connection says nothing of a request that was given up until it has one.
  readonly #giveUp = (): void => this.failed(this.#endedBy?.reason);

  /**
   * Starts the span and adds trace context to the request, if it goes to a service of this system: to one of `firstParties`
   * or by a client that `createServiceClient` made. Others learn nothing of the trace. Undefined for what is not part of any
   * trace: telemetry's own requests and those to the metadata server.
   */
  static start(request: OutgoingRequest, firstParties: FirstParties): HttpClientSpan | undefined {
    const { method, url } = request;
    if (core.isTracingSuppressed(context.active())) return undefined;
    if (METADATA_HOSTS.includes(url.hostname) || url.host === process.env['GCE_METADATA_HOST'])
      return undefined;
    return new HttpClientSpan(request, firstParties, method);
  }

  private constructor(request: OutgoingRequest, firstParties: FirstParties, method: string) {
    const active = context.active();
    const { url } = request;
    this.#deadline = getDeadline(active);
    const attributes = {
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_URL_FULL]: withoutSecrets(url),
      [ATTR_SERVER_ADDRESS]: url.hostname,
      [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      [DEADLINE_MS]: remainingMs(),
    };
    this.#span = getTracer().startSpan(method, { kind: SpanKind.CLIENT, attributes });
    if (isServiceCall(active)) {
      this.#endedBy = this.#deadline?.signal;
      this.#endedBy?.addEventListener('abort', this.#giveUp);
    }
    const within = firstParties.has(url.origin) ? markServiceCall(active) : active;
    // A trace that the application continues by itself is another one: nothing of this one belongs beside it.
    if (!isServiceCall(within) || request.has(TRACEPARENT)) return;
    propagation.inject(trace.setSpan(within, this.#span), request, {
      set: (target, name, value) => {
        if (!target.has(name)) target.set(name, value);
      },
    });
  }

  /** The status has arrived. The span does not wait for the body, which the application may never read. */
  answered(status: number): void {
    if (!this.#span.isRecording()) return;
    this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
    if (status >= 400)
      this.#span.setAttribute(ATTR_ERROR_TYPE, String(status)).setStatus({ code: SpanStatusCode.ERROR });
    this.#end();
  }

  /**
   * No answer came. What a passed deadline has aborted failed by the deadline, whatever the client calls it; what the
   * application takes back for reasons of its own has not failed.
   */
  failed(error: unknown): void {
    if (!this.#span.isRecording()) return;
    const aborted = errorType(error) === 'aborted';
    const byDeadline = aborted && this.#deadline?.remainingMs === 0;
    if (!aborted || byDeadline || this.#deadline?.isAbandoned || isCallerGone(error))
      recordFailure(this.#span, byDeadline ? this.#deadline?.error() : error);
    this.#end();
  }

  #end(): void {
    this.#endedBy?.removeEventListener('abort', this.#giveUp);
    this.#span.end();
  }
}

function isCallerGone(error: unknown): boolean {
  return isError(error) && causeChain(error).some(({ name }) => name === 'CallerGoneError');
}

/**
 * Where a request goes: a target that begins with a slash is a path of its origin, even where a second slash follows, which
 * would be a host in a relative URL. Through a proxy the target is a whole URL. Undefined where it is none.
 */
export function targetUrl(origin: string, target: string): URL | undefined {
  const whole = target.startsWith('/') ? origin + target : target;
  return URL.canParse(whole, origin) ? new URL(whole, origin) : undefined;
}

/**
 * The URL with the names of its query parameters only: any value may be a key, a signature or personal data, and so may what
 * has no name.
 */
function withoutSecrets({ origin, pathname, search }: URL): string {
  const parts = search.slice(1).split('&');
  const names = parts.map((part) => part.slice(0, part.indexOf('=') + 1) + 'REDACTED');
  return `${origin}${pathname}${search.length > 1 ? `?${names.join('&')}` : ''}`;
}
