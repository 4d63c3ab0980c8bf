import { core } from '@opentelemetry/sdk-node';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { context, ROOT_CONTEXT } from './api';
import { listen } from './diagnostics';
import { ServerExchange, type FrameworkView } from './server-exchange';

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

/** A class, because an object with a getter of its own has a hidden class of its own, which V8 keeps for long. */
class FastifyView implements FrameworkView {
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;

  constructor(request: FastifyRequest, reply: FastifyReply) {
    this.#request = request;
    this.#reply = reply;
  }

  get route(): string | undefined {
    return this.#request.routeOptions.url;
  }

  get responseSize(): string | undefined {
    return this.#reply.getHeader('content-length')?.toString();
  }
}

function addHooks(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const exchange = ServerExchange.of(request.raw);
    if (request.routeOptions.config.telemetry === false) {
      exchange?.ignore();
      return context.with(UNTRACED, done);
    }
    exchange?.view(new FastifyView(request, reply));
    done();
  });

  app.addHook('onError', (request, _reply, error, done) => {
    ServerExchange.of(request.raw)?.fail(error);
    done();
  });
}
