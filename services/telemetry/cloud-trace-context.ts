import { CloudPropagator } from '@google-cloud/opentelemetry-cloud-trace-propagator';
import type { SpanContext } from '@opentelemetry/api';
import { defaultTextMapGetter, ROOT_CONTEXT, trace } from './api';
import { CLOUD_TRACE_CONTEXT } from './headers';
import { withoutWarning } from './without-warning';

/** 32 + 1 + 20 + 3 characters and some for white space; nothing longer reaches the expression. */
const MAX_LENGTH = 128;

/** What Google's Go, Python and Java propagators all accept; HTTP allows blanks and tabs around a value. */
const GRAMMAR = /^[ \t]*(?<traceId>[0-9a-f]{32})\/(?<spanId>[0-9]{1,20})(?:;o=(?<options>[0-9]+))?[ \t]*$/;

const MAX_SPAN_ID = 2n ** 64n - 1n;

let propagator: CloudPropagator | undefined;

/**
 * Reads an `X-Cloud-Trace-Context` value: `TRACE_ID/DECIMAL_SPAN_ID;o=1`. Only `o=1` means sampled, as in Google's Java
 * propagator.
 *
 * Google's package does the conversion, behind this guard: its decimal conversion takes quadratic time (seconds for a
 * header of 15 kB) and it accepts malformed values, so only a short canonical value is given to it.
 *
 * @returns the remote span context, or undefined for anything that is not well-formed.
 */
export function parseCloudTraceContext(value: string): SpanContext | undefined {
  if (value.length > MAX_LENGTH) return undefined;
  const { traceId, spanId, options } = GRAMMAR.exec(value)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || /^0+$/.test(traceId)) return undefined;
  const span = BigInt(spanId);
  if (span < 1n || span > MAX_SPAN_ID) return undefined;

  propagator ??= withoutWarning('DEP_GCP_OTEL_TRACE_PROPAGATOR', () => new CloudPropagator());
  const carrier = { [CLOUD_TRACE_CONTEXT]: `${traceId}/${span};o=${options === '1' ? 1 : 0}` };
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, carrier, defaultTextMapGetter));
}
