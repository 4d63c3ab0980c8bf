import { core } from '@opentelemetry/sdk-node';
import type { FastifyInstance } from 'fastify';
import { context, ROOT_CONTEXT } from './api';
import { listen } from './diagnostics';
import { ServerExchange } from './server-exchange';

/** What a route of Fastify may say in its `config`. */
export interface RouteTelemetry {
  /** False for routes that get neither span nor access line. @default true */
  telemetry?: boolean;
}

declare module 'fastify' {
  interface FastifyContextConfig extends RouteTelemetry {}
}

const UNTRACED = core.suppressTracing(ROOT_CONTEXT);

/**
 * Tells the exchanges of every Fastify instance made from now on the route and the error. Fastify publishes its instances
 * on a diagnostics channel, so that no application code has to register anything.
 *
 * @returns a function that stops doing so for instances made later.
 */
export function traceFastify(): () => void {
  return listen('fastify.initialization', ({ fastify }: { fastify: FastifyInstance }) => addHooks(fastify));
}

function addHooks(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const exchange = ServerExchange.of(request.raw);
    if (request.routeOptions.config.telemetry === false) {
      exchange?.ignore();
      return context.with(UNTRACED, done);
    }
    exchange?.view({
      route: request.routeOptions.url,
      get responseSize() {
        return reply.getHeader('content-length')?.toString();
      },
    });
    done();
  });

  app.addHook('onError', (request, _reply, error, done) => {
    ServerExchange.of(request.raw)?.fail(error);
    done();
  });
}
