import http from 'node:http';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { HttpClientSpan, type FirstParties } from './http-client-span';
import { reportProblem } from './telemetry-problems';

type Request = (...args: unknown[]) => http.ClientRequest;

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

function traceModule(module: typeof http | typeof https, firstParties: FirstParties): () => void {
  const { request, get } = module;
  const traced: Request = (...args) => {
    const outgoing: http.ClientRequest = Reflect.apply(request, module, args);
    try {
      watch(outgoing, firstParties);
    } catch (error) {
      reportProblem(error);
    }
    return outgoing;
  };
  const tracedGet: Request = (...args) => {
    const outgoing = traced(...args);
    outgoing.end();
    return outgoing;
  };
  Object.assign(module, { request: traced, get: tracedGet });
  return () => {
    if (Reflect.get(module, 'request') === traced) Object.assign(module, { request, get });
  };
}

function watch(request: http.ClientRequest, firstParties: FirstParties): void {
  const url = urlOf(request);
  if (url === undefined || request.method === 'CONNECT') return;
  const span = HttpClientSpan.start(
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
  if (span === undefined) return;
  let open = true;
  const end = (how: () => void): void => {
    if (!open) return;
    open = false;
    how();
  };
  // Not by listeners: without one for it, Node.js throws an error and reads a response away.
  const { emit } = request;
  const watched = (event: string, ...args: unknown[]): boolean => {
    const [value] = args;
    if (value instanceof http.IncomingMessage && (event === 'response' || event === 'upgrade'))
      end(() => span.answered(value.statusCode ?? 0));
    if (event === 'error') end(() => span.failed(value));
    if (event === 'close') end(() => span.failed(new DOMException('the request was given up', 'AbortError')));
    return Reflect.apply(emit, request, [event, ...args]);
  };
  Reflect.set(request, 'emit', watched);
}

/** A request does not tell its port, except in the header that it sends. */
function urlOf(request: http.ClientRequest): URL | undefined {
  const { protocol, host, path } = request;
  const base = `${protocol}//${String(request.getHeader('host') ?? host)}`;
  return URL.canParse(path, base) ? new URL(path, base) : undefined;
}
