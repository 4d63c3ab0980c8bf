import { startTelemetry } from './start-telemetry';

/**
 * Telemetry of this process, started by the import alone. It must be the first import of a service's `main.ts`, so
 * that every Fastify instance and every request after it is traced.
 */
export const telemetry = startTelemetry();
