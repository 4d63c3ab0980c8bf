import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Span } from '@opentelemetry/api';
import { defaultTextMapGetter, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from './api';
import { clearArrival, startWithin } from './arrival';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_HTTP_ROUTE,
  ATTR_NETWORK_PEER_ADDRESS,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_URL_PATH,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
  DEADLINE_EXCEEDED,
  DEADLINE_MS,
} from './attributes';
import { Deadline, getDeadline, setDeadline } from './deadline';
import { expressRouteOf } from './express-routes';
import { errorType, toException } from './failure';
import { accessLog } from './log';
import { getTracer } from './tracer';

/** Longest text taken from a request into an attribute, in characters; Cloud Trace keeps 256 bytes. */
const MAX_TEXT_LENGTH = 256;

/** The status that access logs give to a request whose connection closed before the answer was complete. */
const CLIENT_CLOSED_REQUEST = 499;

/** What a framework knows of an exchange and Node.js does not. */
export interface FrameworkView {
  /** The pattern of the path that was matched, such as `/documents/:id`. */
  readonly route: string | undefined;
  /** The size of the answer's body in bytes, as its header says it. */
  readonly responseSize: string | undefined;
}

/** Where a request holds its exchange; a WeakMap costs more at every collection of garbage than all else here. */
const EXCHANGE = Symbol('server exchange');

type TracedRequest = IncomingMessage & { [EXCHANGE]?: ServerExchange | undefined };

/**
 * One request and its response: a server span by the HTTP semantic conventions from the moment the request is there until
 * the response has been handed to the operating system or the connection has closed, and then one access line.
 */
export class ServerExchange {
  /** The exchange that was begun for a request, unless it is ignored. */
  static of(request: TracedRequest): ServerExchange | undefined {
    return request[EXCHANGE];
  }

  /** The context in which everything the request causes must run. */
  readonly context: Context;
  readonly #request: TracedRequest;
  readonly #response: ServerResponse;
  readonly #span: Span;
  readonly #deadline: Deadline;
  /** Without the query, which may hold secrets. */
  readonly #path: string;
  readonly #startedAt = performance.now();
  #view: FrameworkView | undefined;
  #error: Error | undefined;
  #ended = false;

  constructor(request: TracedRequest, response: ServerResponse) {
    request[EXCHANGE] = this;
    this.#request = request;
    this.#response = response;
    this.#path = pathOf(request);
    const arrived = propagation.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    const options = { kind: SpanKind.SERVER };
    this.#span = startWithin(arrived, () => getTracer().startSpan(this.#method, options, arrived));
    const deadline = getDeadline(arrived);
    this.#deadline = deadline ?? new Deadline('The request', Number.POSITIVE_INFINITY);
    const within = trace.setSpan(clearArrival(arrived), this.#span);
    this.context = deadline ? within : setDeadline(within, this.#deadline);
    if (this.#span.isRecording()) this.#describe();

    // Follows every `finish`, in the same turn of the event loop. Not `once`, which wraps the listener and takes it off again.
    // Node.js 20 calls a response finished whose connection has failed while it was sent.
    response.on('close', () => this.end(response.writableFinished && !request.socket.errored));
  }

  /** Lets a framework tell what it knows; it is asked when the exchange ends. */
  view(view: FrameworkView): void {
    this.#view = view;
  }

  /** Remembers the error that led to the response; it is recorded if the response says that the server failed. */
  fail(error: Error): void {
    this.#error = error;
  }

  /** Leaves neither span nor access line. */
  ignore(): void {
    this.#ended = true;
    this.#request[EXCHANGE] = undefined;
  }

  /**
   * Ends the span and writes the access line; later calls do nothing.
   *
   * @param complete whether the whole answer is on its way.
   */
  end(complete: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    const response = this.#response;
    if (!complete) this.#deadline.abandon();
    this.#deadline.release();
    const route = this.#view?.route ?? expressRouteOf(this.#request);
    if (route !== undefined)
      this.#span.updateName(`${this.#method} ${route}`).setAttribute(ATTR_HTTP_ROUTE, route);
    if (this.#deadline.remainingMs === 0) this.#span.setAttribute(DEADLINE_EXCEEDED, true);
    if (response.headersSent) this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, response.statusCode);
    if (!complete) {
      const message = 'the connection closed before the answer was complete';
      this.#span.setAttribute(ATTR_ERROR_TYPE, 'aborted').setStatus({ code: SpanStatusCode.ERROR, message });
    } else if (response.statusCode >= 500) {
      const type = this.#error ? errorType(this.#error) : String(response.statusCode);
      this.#span.setAttribute(ATTR_ERROR_TYPE, type).setStatus({ code: SpanStatusCode.ERROR });
      if (this.#error) this.#span.recordException(toException(this.#error));
    }
    this.#span.end();
    this.#writeAccessLine(complete);
  }

  #describe(): void {
    const { headers, httpVersion, socket } = this.#request;
    this.#span.setAttributes({
      [ATTR_HTTP_REQUEST_METHOD]: this.#method,
      [ATTR_URL_PATH]: capped(this.#path),
      // TLS ends at Cloud Run's front end, which says here what the caller used.
      [ATTR_URL_SCHEME]: headers['x-forwarded-proto'] === 'https' ? 'https' : 'http',
      [ATTR_SERVER_ADDRESS]: capped(hostname(headers.host)),
      [ATTR_NETWORK_PEER_ADDRESS]: socket.remoteAddress,
      [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
      [ATTR_USER_AGENT_ORIGINAL]: capped(headers['user-agent']),
      [DEADLINE_MS]: this.#deadline.ms === Number.POSITIVE_INFINITY ? undefined : this.#deadline.ms,
    });
  }

  get #method(): string {
    return this.#request.method ?? '_OTHER';
  }

  #writeAccessLine(complete: boolean): void {
    const { headers, httpVersion, socket } = this.#request;
    accessLog.write(
      {
        requestMethod: this.#method,
        requestUrl: this.#path,
        status: complete ? this.#response.statusCode : CLIENT_CLOSED_REQUEST,
        requestSize: headers['content-length'],
        responseSize: this.#view?.responseSize ?? this.#response.getHeader('content-length')?.toString(),
        userAgent: capped(headers['user-agent']),
        remoteIp: socket.remoteAddress,
        protocol: `HTTP/${httpVersion}`,
        latency: `${((performance.now() - this.#startedAt) / 1000).toFixed(3)}s`,
      },
      this.#span.spanContext(),
    );
  }
}

/** The path of a request without its query, which may hold secrets, as may what precedes it in a whole URL (RFC 9112, 3.2.2). */
export function pathOf({ url = '' }: IncomingMessage): string {
  const path = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '') || '/';
  const at = path.indexOf('?');
  return at < 0 ? path : path.slice(0, at);
}

/** `example.com:8080` -> `example.com`, `[::1]:8080` -> `[::1]`. */
function hostname(host: string | undefined): string | undefined {
  if (host === undefined) return undefined;
  const at = host.lastIndexOf(':');
  return at > host.lastIndexOf(']') ? host.slice(0, at) : host;
}

function capped<T extends string | undefined>(text: T): T | string {
  return text === undefined ? text : text.slice(0, MAX_TEXT_LENGTH);
}
