export { traceContextHeaders, withClientSpan, withoutSpans } from './client-span';
export {
  CallerGoneError,
  DeadlineExceededError,
  deadlineSignal,
  remainingMs,
  withDeadline,
} from './deadline';
export { endRequestsAtDeadline } from './end-requests-at-deadline';
export { tracedGemini } from './gemini';
export { describeGeminiFailure } from './gemini-failure';
export { registerHealth, serve } from './lifecycle';
export type { Application, ServeOptions } from './lifecycle';
export type { RouteTelemetry } from './fastify-server-spans';
export { log } from './log';
export { CalleeUnavailableError, createServiceClient } from './service-client';
export type { ServiceClient, ServiceClientOptions } from './service-client';
export { describeProblem } from './setting-problem';
export { parseBucket, parseCallee } from './settings';
export type { BucketSettings, CalleeSettings } from './settings';
export { startTelemetry } from './start-telemetry';
export type { Telemetry, TelemetryOptions } from './start-telemetry';
