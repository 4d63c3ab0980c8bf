import * as api from '@opentelemetry/api';

/**
 * What this folder uses of OpenTelemetry's API, as constants: a bundle reads each import of a CommonJS package through a getter
 * of its own and one of the package, whenever it is used, and together they were a twentieth of a request's CPU time.
 */
export const {
  context,
  createContextKey,
  defaultTextMapGetter,
  diag,
  DiagLogLevel,
  INVALID_TRACEID,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} = api;
