import { listen } from './diagnostics';
import { HttpClientSpan, targetUrl, type FirstParties } from './http-client-span';

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

/**
 * Gives every outgoing request of `fetch`, which Node.js makes with undici, a client span, and trace context where it goes
 * to one of `firstParties`.
 *
 * @returns a function that stops doing so.
 */
export function traceFetch(firstParties: FirstParties): () => void {
  const spans = new WeakMap<object, HttpClientSpan>();

  const end = (request: object, how: (span: HttpClientSpan) => void): void => {
    const span = spans.get(request);
    if (span === undefined) return;
    spans.delete(request);
    how(span);
  };

  const listeners = [
    listen('undici:request:create', ({ request }: { request: UndiciRequest }) => {
      // CONNECT opens a tunnel for the request that follows.
      if (request.method === 'CONNECT') return;
      const { origin, path } = request;
      const url = targetUrl(typeof origin === 'string' ? origin : origin.origin, path);
      if (!url) return;
      const own = headerNames(request.headers);
      const outgoing = {
        method: request.method,
        url,
        has: (name: string) => own.has(name),
        set: (name: string, value: string) => request.addHeader(name, value),
      };
      const span = HttpClientSpan.start(outgoing, firstParties);
      if (span !== undefined) spans.set(request, span);
    }),
    listen(
      'undici:request:headers',
      ({ request, response }: { request: object; response: UndiciResponse }) => {
        const { statusCode } = response;
        if (statusCode >= 200) end(request, (span) => span.answered(statusCode));
      },
    ),
    listen('undici:request:error', ({ request, error }: { request: object; error: unknown }) => {
      end(request, (span) => span.failed(error));
    }),
  ];
  return () => {
    for (const stop of listeners) stop();
  };
}

/** Names of the headers that the application has set, in lower case. */
function headerNames(headers: string | readonly unknown[]): ReadonlySet<string> {
  const names =
    typeof headers === 'string'
      ? headers.split('\r\n').map((line) => line.split(':', 1)[0])
      : headers.filter((_, index) => index % 2 === 0);
  return new Set(names.map((name) => String(name).toLowerCase()));
}
