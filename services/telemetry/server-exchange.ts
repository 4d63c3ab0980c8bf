import {
  context,
  defaultTextMapGetter,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Context,
  type Span,
} from '@opentelemetry/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
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
import { getDeadline } from './deadline';
import { errorType } from './failure';
import { HTTP_REQUEST, log } from './log';
import { getTracer } from './tracer';

/** Longest text taken from a request into an attribute, in characters; Cloud Trace keeps 256 bytes. */
const MAX_TEXT_LENGTH = 256;

/** The status that access logs give to a request whose connection closed before the answer was complete. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * One request and its response: a server span by the HTTP semantic conventions from the first hook until the response
 * has been handed to the operating system or the connection has closed, and then one access line.
 */
export class ServerExchange {
  /** The context in which everything the request causes must run. */
  readonly context: Context;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #span: Span;
  /** Without the query, which may hold secrets. */
  readonly #path: string;
  readonly #startedAt = performance.now();
  #error: Error | undefined;
  #ended = false;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.#request = request;
    this.#reply = reply;
    const arrived = propagation.extract(ROOT_CONTEXT, request.headers, defaultTextMapGetter);
    this.#path = withoutQuery(request.url);
    const { url: route } = request.routeOptions;
    const name = route === undefined ? request.method : `${request.method} ${route}`;
    const options = { kind: SpanKind.SERVER };
    this.#span = startWithin(arrived, () => getTracer().startSpan(name, options, arrived));
    this.context = trace.setSpan(clearArrival(arrived), this.#span);
    if (this.#span.isRecording()) this.#describe(route);

    const end = (): void => this.#end();
    // Not `once`, which wraps each and takes it off again; the second one does nothing.
    reply.raw.on('finish', end);
    reply.raw.on('close', end);
  }

  /** Remembers the error that led to the response; it is recorded if the response says that the server failed. */
  fail(error: Error): void {
    this.#error = error;
  }

  #describe(route: string | undefined): void {
    const { headers, method, raw } = this.#request;
    this.#span.setAttributes({
      [ATTR_HTTP_REQUEST_METHOD]: method,
      [ATTR_HTTP_ROUTE]: route,
      [ATTR_URL_PATH]: capped(this.#path),
      // TLS ends at Cloud Run's front end, which says here what the caller used.
      [ATTR_URL_SCHEME]: headers['x-forwarded-proto'] === 'https' ? 'https' : this.#request.protocol,
      [ATTR_SERVER_ADDRESS]: capped(this.#request.hostname),
      [ATTR_NETWORK_PEER_ADDRESS]: raw.socket.remoteAddress,
      [ATTR_NETWORK_PROTOCOL_VERSION]: raw.httpVersion,
      [ATTR_USER_AGENT_ORIGINAL]: capped(headers['user-agent']),
      [DEADLINE_MS]: getDeadline(this.context)?.ms,
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const { raw } = this.#reply;
    const deadline = getDeadline(this.context);
    deadline?.release();
    if (deadline?.remainingMs === 0) this.#span.setAttribute(DEADLINE_EXCEEDED, true);
    if (raw.headersSent) this.#span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, raw.statusCode);
    if (!raw.writableFinished) {
      const message = 'the connection closed before the answer was complete';
      this.#span.setAttribute(ATTR_ERROR_TYPE, 'aborted').setStatus({ code: SpanStatusCode.ERROR, message });
    } else if (raw.statusCode >= 500) {
      this.#span.setAttribute(ATTR_ERROR_TYPE, this.#error ? errorType(this.#error) : String(raw.statusCode));
      this.#span.setStatus({ code: SpanStatusCode.ERROR });
      if (this.#error) this.#span.recordException(this.#error);
    }
    this.#span.end();
    context.with(this.context, () => this.#writeAccessLine());
  }

  #writeAccessLine(): void {
    const { headers, ip, method, raw } = this.#request;
    const response = this.#reply.raw;
    const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED_REQUEST;
    const httpRequest = {
      requestMethod: method,
      requestUrl: this.#path,
      status,
      requestSize: headers['content-length'],
      responseSize: this.#reply.getHeader('content-length')?.toString(),
      userAgent: capped(headers['user-agent']),
      remoteIp: ip,
      protocol: `HTTP/${raw.httpVersion}`,
      latency: `${((performance.now() - this.#startedAt) / 1000).toFixed(3)}s`,
    };
    const message = `${method} ${this.#path} ${status}`;
    // The error itself is the application's or Fastify's to log; twice would count twice in Error Reporting.
    const level = status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info';
    log[level]({ [HTTP_REQUEST]: httpRequest }, message);
  }
}

function capped<T extends string | undefined>(text: T): T | string {
  return text === undefined ? text : text.slice(0, MAX_TEXT_LENGTH);
}

function withoutQuery(url: string): string {
  const at = url.indexOf('?');
  return at < 0 ? url : url.slice(0, at);
}
