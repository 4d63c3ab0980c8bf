import { context } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { listen } from './diagnostics';
import { ServerExchange } from './server-exchange';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** False for routes that get neither span nor access line, such as health probes. @default true */
    telemetry?: boolean;
  }
}

/**
 * Gives every request of every Fastify instance made from now on a server span and an access line. Fastify publishes its
 * instances on a diagnostics channel, so that no application code has to register anything.
 *
 * @returns a function that stops doing so for instances made later.
 */
export function traceFastify(): () => void {
  return listen('fastify.initialization', ({ fastify }: { fastify: FastifyInstance }) => addHooks(fastify));
}

/** Where a request holds its exchange; a WeakMap costs more at every collection of garbage than all of the hooks. */
const EXCHANGE = Symbol('server exchange');

type TracedRequest = FastifyRequest & { [EXCHANGE]?: ServerExchange };

function addHooks(app: FastifyInstance): void {
  app.addHook('onRequest', (request: TracedRequest, reply, done) => {
    if (request.routeOptions.config.telemetry === false) {
      done();
      return;
    }
    const exchange = new ServerExchange(request, reply);
    request[EXCHANGE] = exchange;
    // A body arrives by events of the connection, which know nothing of this request's context.
    if (hasBody(request)) context.bind(exchange.context, request.raw);
    context.with(exchange.context, done);
  });

  app.addHook('onError', (request: TracedRequest, _reply, error, done) => {
    request[EXCHANGE]?.fail(error);
    done();
  });
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}
