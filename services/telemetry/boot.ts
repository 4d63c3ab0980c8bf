import { startTelemetry } from './start-telemetry';

/**
 * Telemetry of this process, started by the import alone. It belongs first in a service's `main.ts`: what is made or asked
 * for before it is not traced.
 */
export const telemetry = startTelemetry();
