import {
  createServer,
  type IncomingMessage,
  request as requestOf,
  type Server,
  type ServerResponse,
} from 'node:http';
import { pipeline } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRules } from '../faults/fault-rules';
import { serverTiming } from '../faults/interference';
import { strikeContent, untilSent } from '../faults/strike-content';
import type { LogEntry } from '../logging/log-store';
import { closeHttpServer, listenOnLoopback } from '../network/loopback-server';
import { distanceOf } from '../network/region-latency';
import type { Span } from '../trace/span';
import { errorPage } from './error-page';
import { headersToClient, headersToContainer } from './front-end-headers';
import { ingressRefusal } from './ingress';
import type { Instance } from './instance';
import type { InvokerCheck } from './invoker-check';
import { requestLogEntry, type RequestRecord, requestSpan } from './request-record';
import type { Revision } from './revision';
import type { ServiceSpec } from './service-spec';
import { receiveTraceContext } from '../trace/trace-context';

/** What has the traffic of a service now. */
export interface Target {
  readonly spec: ServiceSpec;
  readonly revision: Revision;
}

export interface FrontEndOptions {
  target(): Target;
  readonly invokers: InvokerCheck;
  readonly faults: FaultRules;
  onLog(entry: LogEntry): void;
  /** Of a request that is sampled. */
  onSpan(span: Span): void;
  /** Of one that took the way between regions or got a fault, and whose trace may not be kept. */
  onPeerSpan(span: Span): void;
}

/** Keeps clients from meeting a connection that closes as they reuse it (600 s: cloud.google.com/load-balancing/docs/https). */
const KEEP_ALIVE_MS = 600_000;

/** Nginx's code for a client that went away; it is in the log only, as nobody is there to get it. */
const CLIENT_CLOSED_REQUEST = 499;

/** RFC 9110, section 15: those below are interim answers or no status at all. */
const FIRST_FINAL_STATUS = 200;

/** A request on its way; the fields become its log entry. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Aborts when the client has gone or has its whole answer. */
  readonly closed: AbortSignal;
  readonly record: { -readonly [Key in keyof RequestRecord]: RequestRecord[Key] };
}

/** What stands between a service's callers and its container: Google's front end and Cloud Run's proxy in one. */
export class FrontEnd {
  static async listen(options: FrontEndOptions): Promise<FrontEnd> {
    const server = createServer();
    return new FrontEnd(options, server, await listenOnLoopback(server));
  }

  /** The service's URI, which is the audience of its ID tokens too. */
  readonly uri: string;
  readonly #options: FrontEndOptions;
  readonly #server: Server;

  private constructor(options: FrontEndOptions, server: Server, port: number) {
    this.#options = options;
    this.#server = server;
    this.uri = `http://127.0.0.1:${port}`;
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    // The service's own request timeout is the only one.
    server.requestTimeout = 0;
    server.on('request', (request, response) => void this.#serve(request, response));
  }

  /** Ends open connections as well. */
  close(): Promise<void> {
    return closeHttpServer(this.#server);
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = this.#options.target();
    const exchange = this.#open(request, response, target);
    const caller = this.#options.invokers.identify(target.spec, this.uri, request.headers);
    if (caller && 'email' in caller) exchange.record.account = caller.email;
    // On the way to Cloud Run, so before its clock runs.
    if (await this.#disturb(exchange)) return;
    const { template } = target.revision;
    const timeout = setTimeout(
      // The container is left working, but nobody waits for it (cloud.google.com/run/docs/configuring/request-timeout).
      () => answer(exchange, 504, 'upstream request timeout', `no response within ${template.timeoutSec} s`),
      template.timeoutSec * 1000,
    );
    exchange.closed.addEventListener('abort', () => clearTimeout(timeout));
    try {
      const closedTo = ingressRefusal(target.spec);
      if (closedTo !== undefined) {
        answer(exchange, 404, errorPage(404, request.url ?? '/'), closedTo);
        return;
      }
      const refusal = this.#options.invokers.check(target.spec, caller);
      if (refusal) {
        answer(exchange, refusal.status, errorPage(refusal.status, request.url ?? '/'), refusal.reason);
        return;
      }
      await this.#admit(exchange, target.revision);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      answer(exchange, 503, 'Service Unavailable', reason);
    }
  }

  /** Lets the request take its way between regions and has an injected fault strike; true when that was its end. */
  async #disturb(exchange: Exchange): Promise<boolean> {
    const { closed, record, request, response } = exchange;
    const { id } = record;
    const region = this.#options.invokers.regionOf(request.headers);
    const method = request.method ?? '';
    record.distance = distanceOf(request.socket, region, [id.location]);
    record.fault = this.#options.faults.take({ method, service: id.name, path: request.url ?? '' });
    const { distance, fault } = record;
    if (!distance && !fault) return false;
    response.setHeader('server-timing', serverTiming(record));
    // The span of a caller from outside never arrives: the front end's has to begin the trace that tells of the fault.
    record.sampled = fault !== undefined && region === undefined;
    const waitMs = (distance?.latencyMs ?? 0) + (fault?.latencyMs ?? 0);
    // Aborted: nobody waits any more.
    await delay(waitMs, undefined, { signal: closed }).catch(() => undefined);
    if (fault?.connection === 'reset') {
      record.reason = 'an injected fault reset the connection';
      request.socket.destroy();
    } else if (fault?.status !== undefined) {
      if (fault.retryAfterSec !== undefined) response.setHeader('retry-after', fault.retryAfterSec);
      answer(exchange, fault.status, 'injected fault', `an injected fault answered ${fault.status}`);
    }
    return closed.aborted || fault?.connection === 'reset' || fault?.status !== undefined;
  }

  /** Begins the record of a request and sees to it that it is logged when the request has ended. */
  #open(request: IncomingMessage, response: ServerResponse, { spec, revision }: Target): Exchange {
    const closed = new AbortController();
    const startedAt = performance.now();
    const record: Exchange['record'] = {
      id: spec,
      revision: revision.name,
      uri: this.uri,
      request,
      remoteIp: request.socket.remoteAddress ?? '',
      context: receiveTraceContext(request.headers),
      sampled: false,
      startUnixMs: performance.timeOrigin + startedAt,
      durationMs: 0,
      status: CLIENT_CLOSED_REQUEST,
      requestSize: 0,
      responseSize: 0,
      reason: '',
    };
    // Google's front end names the trace in its response too.
    response.setHeader('x-cloud-trace-context', record.context.traceId);
    request.on('data', (chunk: Buffer) => (record.requestSize += chunk.length)).pause();
    response.on('close', () => {
      closed.abort();
      record.durationMs = performance.now() - startedAt;
      if (response.headersSent) record.status = response.statusCode;
      if (!response.writableFinished) record.reason ||= 'the connection ended before the response did';
      this.#options.onLog(requestLogEntry(record));
      if (record.sampled) this.#options.onSpan(requestSpan(record));
      else if (record.distance ?? record.fault) this.#options.onPeerSpan(requestSpan(record));
    });
    return { request, response, closed: closed.signal, record };
  }

  /** Waits for a place in the revision and for its instance, and hands the request over. */
  async #admit(exchange: Exchange, revision: Revision): Promise<void> {
    const { closed } = exchange;
    if (!(await revision.limiter.acquire(closed))) {
      answer(
        exchange,
        429,
        'Rate exceeded.',
        'The request was aborted because there was no available instance: all places and the queue are taken.',
      );
      return;
    }
    // The place is taken until the client has its answer or has gone, as Cloud Run counts.
    if (closed.aborted) revision.limiter.release();
    else closed.addEventListener('abort', () => revision.limiter.release());
    const instance = await revision.instance();
    if (!closed.aborted) forward(exchange, instance);
  }
}

/** Sends the request to the container and its response to the client, each as it comes. */
function forward(exchange: Exchange, instance: Instance): void {
  const { closed, record, request, response } = exchange;
  const refuse = (what: string): void =>
    answer(
      exchange,
      503,
      'upstream connect error or disconnect/reset before headers',
      `the container ${what}`,
    );
  record.sampled = instance.sampler.sample() || record.sampled;
  const upstream = requestOf({
    host: '127.0.0.1',
    port: instance.port,
    agent: instance.agent,
    method: request.method,
    path: request.url,
    headers: headersToContainer(request, record.remoteIp, record.context, record.sampled),
    setHost: false,
  });
  upstream.on('response', (received) => {
    const { statusCode = 0 } = received;
    if (statusCode < FIRST_FINAL_STATUS) {
      received.destroy();
      refuse(`answered with status ${statusCode}, which is none of HTTP`);
      return;
    }
    response.writeHead(statusCode, headersToClient(received));
    // An event stream's client wants to know at once that it is there.
    response.flushHeaders();
    received.on('data', (chunk: Buffer) => (record.responseSize += chunk.length));
    pipeline(received, brokenOff(exchange), response, (error) => {
      if (error && !closed.aborted)
        record.reason ||= `the container broke off its response: ${error.message}`;
    });
  });
  upstream.on('upgrade', (_received, socket) => {
    socket.destroy();
    refuse('changed to another protocol, which the local cloud does not pass on');
  });
  upstream.on('error', (error) => refuse(`closed the connection without a response: ${error.message}`));
  // The container learns that its client has gone.
  closed.addEventListener('abort', () => upstream.destroy());
  request.pipe(upstream);
}

/** Passes a response's body on, as far as an injected fault lets it through. */
function brokenOff({ record, response }: Exchange): (body: IncomingMessage) => AsyncIterable<Buffer> {
  const { fault } = record;
  if (fault?.connection !== 'abort') return (body) => body;
  const { connection, afterBytes = 0 } = fault;
  return (body) =>
    strikeContent(body, { connection, afterBytes }, async () => {
      await untilSent(response);
      record.reason = 'an injected fault broke the response off';
      return new Error(record.reason);
    });
}

/** Answers for the container; a response that has begun can only be broken off. Does nothing after the end. */
function answer(
  { closed, record, request, response }: Exchange,
  status: number,
  body: string,
  reason: string,
): void {
  if (closed.aborted || response.writableEnded) return;
  record.reason = reason;
  if (response.headersSent) {
    response.destroy();
    return;
  }
  request.unpipe();
  // What is left of the body is read to its end, so that the client comes to read the response.
  request.resume();
  record.responseSize = Buffer.byteLength(body);
  const type = body.startsWith('<') ? 'text/html; charset=utf-8' : 'text/plain';
  response.writeHead(status, { 'content-type': type, 'content-length': record.responseSize }).end(body);
}
