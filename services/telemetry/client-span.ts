import type { Attributes, Span } from '@opentelemetry/api';
import { core } from '@opentelemetry/sdk-node';
import { context, propagation, SpanKind } from './api';
import { DEADLINE_MS } from './attributes';
import { remainingMs } from './deadline';
import { recordFailure } from './failure';
import { getTracer } from './tracer';

/** Runs `work` without spans below the active one, which stands for the requests that a client library makes in it. */
export function withoutSpans<T>(work: () => Promise<T>): Promise<T> {
  return context.with(core.suppressTracing(context.active()), work);
}

/**
 * Trace context of the active span, as headers for a platform that is told which call a request belongs to; also within
 * `withoutSpans`. Empty where there is no span.
 */
export function traceContextHeaders(): Record<string, string> {
  const headers: Record<string, string> = {};
  propagation.inject(core.unsuppressTracing(context.active()), headers);
  return headers;
}

/**
 * Runs `work` in a client span, for operations of a client library that mean more than their requests. The span
 * ends when the promise settles; a rejection is recorded as the span's error and passed on unchanged.
 *
 * @param name low-cardinality name of the operation, such as `gcs.upload`.
 * @param attributes known before the call; more can be set on the span that `work` is given.
 */
export async function withClientSpan<T>(
  name: string,
  attributes: Attributes,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const options = { kind: SpanKind.CLIENT, attributes: { ...attributes, [DEADLINE_MS]: remainingMs() } };
  return getTracer().startActiveSpan(name, options, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      recordFailure(span, error);
      throw error;
    } finally {
      span.end();
    }
  });
}
