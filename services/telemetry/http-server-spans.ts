import http from 'node:http';
import https from 'node:https';
import type { Context } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { context, ROOT_CONTEXT } from './api';
import { watchExpressRoutes } from './express-routes';
import { replaceMethod } from './replace-method';
import type { ResponseFlush } from './response-flush';
import { pathOf, ServerExchange } from './server-exchange';
import { HEALTH_PATH } from './settings';
import { reportProblem } from './telemetry-problems';

const UNTRACED = core.suppressTracing(ROOT_CONTEXT);

/**
 * Gives every request that a server of `node:http` or `node:https` accepts a server span and an access line, whatever
 * framework listens to it; health probes get neither.
 *
 * @param flush what precedes the end of responses where there is CPU for requests only.
 * @returns a function that stops doing so.
 */
export function traceHttpServers(flush?: ResponseFlush): () => void {
  const uninstall = [http.Server, https.Server].map(({ prototype }) => traceRequests(prototype, flush));
  uninstall.push(watchExpressRoutes());
  return () => {
    for (const remove of uninstall) remove();
  };
}

function traceRequests(prototype: object, flush: ResponseFlush | undefined): () => void {
  let active = true;
  // The method, not a listener: everything that listens to the request has to run in its context.
  const restore = replaceMethod(prototype, 'emit', (emit) => (server, args) => {
    const [event, request, response] = args;
    const isRequest =
      active &&
      event === 'request' &&
      request instanceof http.IncomingMessage &&
      response instanceof http.ServerResponse;
    if (!isRequest) return emit(server, args);
    return context.with(begin(request, response, flush), () => emit(server, args));
  });
  return () => {
    active = false;
    restore();
  };
}

/** The context in which a request has to be served. */
function begin(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  flush: ResponseFlush | undefined,
): Context {
  if (pathOf(request) === HEALTH_PATH) return UNTRACED;
  try {
    const exchange = new ServerExchange(request, response);
    // A body arrives by events of the connection, which know nothing of this request's context.
    if (hasBody(request)) context.bind(exchange.context, request);
    flush?.precede(response, exchange);
    return exchange.context;
  } catch (error) {
    reportProblem(error);
    return ROOT_CONTEXT;
  }
}

function hasBody({ headers }: http.IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
