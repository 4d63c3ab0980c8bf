import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { endAtDeadline } from './end-requests-at-deadline';
import { HttpClientSpan, targetUrl, type FirstParties } from './http-client-span';
import { replaceMethod } from './replace-method';
import { reportProblem } from './telemetry-problems';

/**
 * Gives every outgoing request of `node:http` and `node:https`, so also of the libraries above them, a client span, and
 * trace context where it goes to one of `firstParties`.
 *
 * @returns a function that stops doing so.
 */
export function traceHttpClients(firstParties: FirstParties): () => void {
  const uninstall = [http, https].map((module) => traceModule(module, firstParties));
  // So that who has imported `request` by its name gets the traced one as well.
  syncBuiltinESMExports();
  return () => {
    for (const remove of uninstall) remove();
    syncBuiltinESMExports();
  };
}

function traceModule(module: object, firstParties: FirstParties): () => void {
  const restore = [
    replaceMethod(module, 'request', (request) => (_self, args) => {
      const outgoing = request(module, args);
      if (outgoing instanceof http.ClientRequest) watch(outgoing, firstParties);
      return outgoing;
    }),
    // Node's own `get` does not know of the `request` above.
    replaceMethod(module, 'get', () => (_self, args) => {
      const outgoing: unknown = Reflect.apply(Reflect.get(module, 'request'), module, args);
      if (outgoing instanceof http.ClientRequest) outgoing.end();
      return outgoing;
    }),
  ];
  return () => {
    for (const put of restore) put();
  };
}

function watch(request: http.ClientRequest, firstParties: FirstParties): void {
  try {
    const url = urlOf(request);
    // CONNECT opens a tunnel for the request that follows.
    if (url === undefined || request.method === 'CONNECT') return;
    const span = startSpan(request, url, firstParties);
    if (span) endWith(request, span);
    endAtDeadline(request, url);
  } catch (error) {
    reportProblem(error);
  }
}

function startSpan(
  request: http.ClientRequest,
  url: URL,
  firstParties: FirstParties,
): HttpClientSpan | undefined {
  return HttpClientSpan.start(
    {
      method: request.method,
      url,
      has: (name) => request.hasHeader(name),
      set: (name, value) => {
        // Headers that were given as a list are on their way already.
        if (!request.headersSent) request.setHeader(name, value);
      },
    },
    firstParties,
  );
}

function endWith(request: http.ClientRequest, span: HttpClientSpan): void {
  let open = true;
  const end = (how: () => void): void => {
    if (!open) return;
    open = false;
    how();
  };
  // Not by listeners: without one for it, Node.js throws an error and reads a response away.
  replaceMethod(request, 'emit', (emit) => (self, args) => {
    const [event, value] = args;
    if (value instanceof http.IncomingMessage && (event === 'response' || event === 'upgrade'))
      end(() => span.answered(value.statusCode ?? 0));
    if (event === 'error') end(() => span.failed(value));
    if (event === 'close') end(() => span.failed(new DOMException('the request was given up', 'AbortError')));
    return emit(self, args);
  });
}

/** A request does not tell its port, except in the header that it sends. */
function urlOf(request: http.ClientRequest): URL | undefined {
  const { protocol, host, path } = request;
  const base = `${protocol}//${String(request.getHeader('host') ?? host)}`;
  return targetUrl(base, path);
}
