import { context, propagation, SpanKind, SpanStatusCode, trace, type Span } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_FULL,
  DEADLINE_MS,
} from './attributes';
import { remainingMs } from './deadline';
import { listen } from './diagnostics';
import { recordFailure } from './failure';
import { TRACEPARENT } from './headers';
import { getTracer } from './tracer';

/** The part of undici's request that its diagnostics channels document. */
interface UndiciRequest {
  readonly method: string;
  readonly origin: string | URL;
  readonly path: string;
  /** Names and values in turn since undici 6, lines of text before. */
  readonly headers: string | readonly unknown[];
  addHeader(name: string, value: string): unknown;
}

interface UndiciResponse {
  /** Informational ones (1xx) are announced as well. */
  readonly statusCode: number;
}

/** Google's metadata server, by name and by address. */
const METADATA_HOSTS: readonly string[] = ['metadata.google.internal', '169.254.169.254'];

/**
 * Gives every outgoing request of `fetch`, which Node.js makes with undici, a client span and trace context.
 *
 * @returns a function that stops doing so.
 */
export function traceFetch(): () => void {
  const spans = new WeakMap<object, Span>();

  const end = (request: object, describe: (span: Span) => void): void => {
    const span = spans.get(request);
    if (span === undefined) return;
    spans.delete(request);
    describe(span);
    span.end();
  };

  const listeners = [
    listen('undici:request:create', ({ request }: { request: UndiciRequest }) => {
      const span = startSpan(request);
      if (span !== undefined) spans.set(request, span);
    }),
    // The span ends here and not with the body, which the application may never read: undici would then never say so.
    listen(
      'undici:request:headers',
      ({ request, response }: { request: object; response: UndiciResponse }) => {
        const { statusCode } = response;
        if (statusCode >= 200) end(request, (span) => recordStatus(span, statusCode));
      },
    ),
    listen('undici:request:error', ({ request, error }: { request: object; error: unknown }) => {
      end(request, (span) => recordFailure(span, error));
    }),
  ];
  return () => {
    for (const stop of listeners) stop();
  };
}

function startSpan(request: UndiciRequest): Span | undefined {
  const active = context.active();
  // CONNECT opens a tunnel for the request that follows; what telemetry itself sends is not part of any trace.
  if (request.method === 'CONNECT' || core.isTracingSuppressed(active)) return undefined;
  const url = new URL(request.path, request.origin);
  if (METADATA_HOSTS.includes(url.hostname) || url.host === process.env['GCE_METADATA_HOST'])
    return undefined;

  const attributes = {
    [ATTR_HTTP_REQUEST_METHOD]: request.method,
    [ATTR_URL_FULL]: withoutSecrets(url),
    [ATTR_SERVER_ADDRESS]: url.hostname,
    [ATTR_SERVER_PORT]: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    [DEADLINE_MS]: remainingMs(),
  };
  const span = getTracer().startSpan(request.method, { kind: SpanKind.CLIENT, attributes });
  const own = headerNames(request.headers);
  // A trace that the application continues by itself is another one: nothing of this one belongs beside it.
  if (!own.has(TRACEPARENT)) {
    propagation.inject(trace.setSpan(active, span), request, {
      set: (target, name, value) => {
        if (!own.has(name)) target.addHeader(name, value);
      },
    });
  }
  return span;
}

function recordStatus(span: Span, status: number): void {
  span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, status);
  if (status < 400) return;
  span.setAttribute(ATTR_ERROR_TYPE, String(status)).setStatus({ code: SpanStatusCode.ERROR });
}

/** The URL with the names of its query parameters only: any value may be a key, a signature or personal data. */
function withoutSecrets(url: URL): string {
  const names = [...url.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=REDACTED`);
  return `${url.origin}${url.pathname}${names.length === 0 ? '' : `?${names.join('&')}`}`;
}

/** Names of the headers that the application has set, in lower case. */
function headerNames(headers: string | readonly unknown[]): ReadonlySet<string> {
  const names =
    typeof headers === 'string'
      ? headers.split('\r\n').map((line) => line.split(':', 1)[0])
      : headers.filter((_, index) => index % 2 === 0);
  return new Set(names.map((name) => String(name).toLowerCase()));
}
