import type { FastifyInstance } from 'fastify';
import { log, serve, type ServeOptions } from './telemetry';

/**
 * Builds a service from its settings and serves it for the life of the process. A setting without which it cannot work
 * is one line in the log, and the process exits 1.
 */
export async function runService(build: () => FastifyInstance, options: ServeOptions): Promise<void> {
  try {
    await serve(build(), options);
  } catch (error) {
    log.fatal({ err: error }, `cannot start: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(1);
  }
}
