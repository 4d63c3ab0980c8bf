import type { tracing } from '@opentelemetry/sdk-node';
import { SpanLimiter } from './span-limits';
import type { SpanLosses } from './span-losses';

/** Limits of Google's Telemetry API (cloud.google.com/stackdriver/docs/quotas/telemetry-api), which refuses a larger span. */
const LIMITS = {
  attributes: 1_024,
  keyBytes: 512,
  valueBytes: 64 * 1024,
  nameBytes: 1_024,
  events: 256,
  eventNameBytes: 1_024,
  attributesPerEvent: 1_024,
  links: 128,
  attributesPerLink: 1_024,
} as const;

/** An exporter that hands spans on within the limits of the Telemetry API. What is cut is counted in `losses`. */
export function limitForOtlp(exporter: tracing.SpanExporter, losses: SpanLosses): tracing.SpanExporter {
  const limiter = new SpanLimiter(LIMITS, losses);
  const limit = (span: tracing.ReadableSpan): tracing.ReadableSpan =>
    limiter.span(
      span,
      limiter.attributes(span.attributes, LIMITS.attributes, () => 0),
    );
  return {
    export: (spans, done) => exporter.export(spans.map(limit), done),
    shutdown: () => exporter.shutdown(),
  };
}
