import type { FastifyInstance } from 'fastify';
import { currentTraceId } from '../http-errors';
import { createServiceApp } from '../service-app';
import { log } from '../telemetry';

/** Largest body of a request, in bytes. */
const BODY_LIMIT_BYTES = 1024 * 1024;

/** What `GET /` answers. */
export interface TemplateAnswer {
  readonly service: string;
  readonly traceId: string | undefined;
}

/** Answers `GET /` with its name and the trace id. It does not listen yet. */
export function buildTemplate(): FastifyInstance {
  const app = createServiceApp({ bodyLimitBytes: BODY_LIMIT_BYTES, contentTypes: ['application/json'] });

  app.get('/', (): TemplateAnswer => {
    log.info('template asked');
    return { service: 'template', traceId: currentTraceId() };
  });

  return app;
}
