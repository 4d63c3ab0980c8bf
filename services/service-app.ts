import { fastify, type FastifyInstance } from 'fastify';
import { answerError, registerErrors } from './http-errors';
import { registerHealth } from './telemetry';

export interface ServiceAppOptions {
  /** Largest body, in bytes. */
  readonly bodyLimitBytes: number;
  /** The only media types of a body. Bodies reach the routes as they are, as a Buffer. */
  readonly contentTypes: readonly string[];
}

/** What the services have in common: `GET /health`, bodies of few types, and errors in JSON. It has no other route yet. */
export function createServiceApp({ bodyLimitBytes, contentTypes }: ServiceAppOptions): FastifyInstance {
  // `frameworkErrors` is for URLs that cannot be decoded, which never come as far as the error handler.
  const app = fastify({ bodyLimit: bodyLimitBytes, frameworkErrors: answerError });
  registerErrors(app, contentTypes);
  registerHealth(app);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser([...contentTypes], { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  return app;
}
